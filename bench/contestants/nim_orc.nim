## Nim's ORC: counted references, cycles found by trial deletion on the same thread. W1 to W3 and W6
## written anew in Nim, for references are part of the language; the same cases and the same figures
## as bench/main.h, one line of JSON.
import std/[monotimes, os, strutils, times]

type
  Node = ref object
    field: array[3, Node]
    words: array[2, uint64]
  Leaf {.acyclic.} = ref object ## of trees without parents: the collector is told to ignore it
    field: array[3, Leaf]
    words: array[2, uint64]

proc keep(pointer: pointer) {.inline.} =
  {.emit: ["asm volatile(\"\" : : \"r\"(", pointer, ") : \"memory\");"].}

{.emit: "#include <sched.h>".}
proc goFirst(): cint =
  ## As the other contestants: before all ordinary processes, where that is permitted.
  {.emit: """
    struct sched_param parameters = {0};
    parameters.sched_priority = 10;
    `result` = sched_setscheduler(0, SCHED_RR, &parameters) == 0;
  """.}

proc wallNs(): float = float(getMonoTime().ticks)
proc cpuNs(): float = cpuTime() * 1e9

proc statusBytes(name: string): float =
  for line in lines("/proc/self/status"):
    if line.startsWith(name): return parseFloat(line.splitWhitespace()[1]) * 1024

proc resetPeak() =
  try: writeFile("/proc/self/clear_refs", "5")
  except IOError: discard

var wentFirst: cint

proc report(figures: openArray[(string, float)]) =
  var members = @["\"went_first\": " & $wentFirst]
  for (name, value) in figures: members.add("\"" & name & "\": " & $value)
  members.add("\"note\": \"Nim " & NimVersion & "\"")
  echo "{" & members.join(", ") & "}"

proc copyOne(count: int) =
  var original = Node()
  let start = cpuNs()
  for i in 1 .. count:
    var copy = original
    keep(addr copy)
    keep(addr original)
  report({"ns": (cpuNs() - start) / float(count)})

proc makeCycle() =
  var a = Node()
  var b = Node()
  a.field[0] = b
  b.field[0] = a

proc cycles(count: int) =
  makeCycle()
  GC_fullCollect()
  resetPeak()
  let resident = statusBytes("VmRSS")
  let wall = wallNs()
  let cpu = cpuNs()
  for i in 1 .. count: makeCycle()
  GC_fullCollect()
  let n = float(count)
  let wallEnd = wallNs()
  let cpuEnd = cpuNs()
  let over = statusBytes("VmHWM") - resident
  report({"ns": (wallEnd - wall) / n, "cpu_ns": (cpuEnd - cpu) / n, "peak_over_start": over,
          "resident_over_start": over})

proc tree[T](depth: int, parents: static bool): T =
  result = T()
  if depth == 0: return
  for side in 0 .. 1:
    let child = tree[T](depth - 1, parents)
    when parents: child.field[2] = result
    result.field[side] = child

proc trees[T](depth, count: int, parents: static bool) =
  let before = statusBytes("VmRSS")
  resetPeak()
  var live = 0.0
  let wall = wallNs()
  let cpu = cpuNs()
  for i in 1 .. count:
    var root = tree[T](depth, parents)
    keep(addr root)
    if i == 1: live = statusBytes("VmRSS") - before
  GC_fullCollect()
  let nodes = float(count * ((2 shl depth) - 1))
  report({"ns": (wallNs() - wall) / nodes, "cpu_ns": (cpuNs() - cpu) / nodes, "live_bytes": live,
          "peak_over_start": statusBytes("VmHWM") - before})

proc dropDouble(nodes: int) =
  proc build(): Node =
    result = Node()
    for i in 2 .. nodes:
      let node = Node()
      result.field[1] = node
      node.field[0] = result
      result = node
  var head = build()
  keep(addr head)
  let wall = wallNs()
  head = nil
  GC_fullCollect()
  report({"ns": (wallNs() - wall) / float(nodes)})

proc main() =
  const cases = ["W1/one", "W2/cycles", "W3/tree", "W3/parents", "W6/double_8m"]
  if paramStr(1) == "--list":
    for name in cases: echo name
    return
  let scale = if paramCount() > 1: paramStr(2) else: "full"
  let divisor = if scale == "full": 1 elif scale == "quick": 10 else: 1000
  let depth = 16 - (if scale == "full": 0 elif scale == "quick": 2 else: 7)
  if scale != "smoke": wentFirst = goFirst()
  case paramStr(1)
  of "W1/one": copyOne(20_000_000 div divisor)
  of "W2/cycles": cycles(1_000_000 div divisor)
  of "W3/tree": trees[Leaf](depth, max(40 div divisor, 2), false)
  of "W3/parents": trees[Node](depth, max(40 div divisor, 2), true)
  of "W6/double_8m": dropDouble(1_000_000 div divisor)
  else: quit("usage: nim_orc --list | CASE [full|quick|smoke]", 2)

main()
