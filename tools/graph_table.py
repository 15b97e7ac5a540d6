#!/usr/bin/env python3
"""Turns an object graph (gcgraph format, tests/graphs/README.md) into a table for firmware.

usage: graph_table.py GRAPH [--cut NODES] [--table OUT.cc] [--graph OUT]

    --table   the graph as a constant of tests/mcu/graph_table.h
    --cut     only what the first roots reach that together reach at most NODES nodes
    --graph   the graph again as a file of the format

A table is what a program without a file system can replay: bytes in read-only memory, read from
front to back. Numbers are written 7 bits at a time, lowest first, the eighth bit says that more
follow; texts end with a zero.

    nodes   per node: 8 * size + 2 * kind + atomic; number of references; per reference the target
            less the node, folded (0, -1, 1, -2, ... become 0, 1, 2, 3, ...). Kind: 0 may be part of
            a cycle, 1 cannot, 2 refers to nothing; as tools/heap_graph.h chooses them.
    roots   per root: its node
    pins    per pin: its node
    steps   per step: its text; number of roots (0: collect); the roots

A cut keeps the drops of the roots that it keeps, and the collections. What must happen then is
computed here, by a slow and plain model, and written as the cut's expectations.
"""

import argparse
import gzip
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = """// Made from {file} by tools/graph_table.py.
#include "tests/mcu/graph_table.h"

namespace ouro::testing {{

namespace {{
{arrays}}}  // namespace

constinit const GraphTable kGraph{{"{name}", {nodes}, {edges}, {roots}, {pins}, {steps}, kNodes,
                                  kRoots, kPins, kSteps}};

}}  // namespace ouro::testing
"""


@dataclass
class Graph:
    name: str = ""
    nodes: list[tuple[int, str, bool]] = field(default_factory=list)  # size, type, atomic
    targets: list[list[int]] = field(default_factory=list)
    roots: dict[str, int] = field(default_factory=dict)  # in order
    pins: list[int] = field(default_factory=list)
    steps: list[list[str]] = field(default_factory=list)  # names of roots; none: collect
    expectations: list[str] = field(default_factory=list)  # none, or one a step


def read_graph(path: Path) -> Graph:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    graph = Graph()
    for line in data.decode("utf-8").splitlines():
        match line.split(" "):
            case ["name", name]:
                graph.name = name
            case ["node", _, size, kind, *atomic]:
                graph.nodes.append((int(size), kind, bool(atomic)))
                graph.targets.append([])
            case ["edge", source, *targets]:
                graph.targets[int(source)] += [int(target) for target in targets]
            case ["root", name, node]:
                graph.roots[name] = int(node)
            case ["pin", node]:
                graph.pins.append(int(node))
            case ["drop", *roots]:
                graph.steps.append(roots)
            case ["collect"]:
                graph.steps.append([])
    named = {*graph.roots.values(), *graph.pins}.union(*map(set, graph.targets))
    if len(named) != len(graph.nodes):
        sys.exit(f"graph_table: {path}: there are nodes that nothing refers to")
    return graph


# ---- tables


def number(value: int) -> bytes:
    digits = []
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def folded(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def kind_of(graph: Graph, node: int) -> int:
    targets = graph.targets[node]
    if not graph.nodes[node][2] or any(graph.targets[target] for target in targets):
        return 0
    return 1 if targets else 2


def streams_of(graph: Graph) -> dict[str, bytes]:
    nodes = bytearray()
    for node, (size, _, atomic) in enumerate(graph.nodes):
        nodes += number(8 * size + 2 * kind_of(graph, node) + atomic)
        nodes += number(len(graph.targets[node]))
        for target in graph.targets[node]:
            nodes += number(folded(target - node))
    numbers = {name: index for index, name in enumerate(graph.roots)}
    steps = bytearray()
    for roots in graph.steps:
        steps += " ".join(["drop", *roots] if roots else ["collect"]).encode() + b"\0"
        steps += number(len(roots)) + b"".join(number(numbers[root]) for root in roots)
    roots = b"".join(map(number, graph.roots.values()))
    pins = b"".join(map(number, graph.pins))
    return {"kNodes": bytes(nodes), "kRoots": roots, "kPins": pins, "kSteps": bytes(steps)}


def table_of(graph: Graph, file: str) -> str:
    arrays = ""
    for name, stream in streams_of(graph).items():
        rows = [stream[at : at + 20] for at in range(0, len(stream), 20)] or [b"\0"]
        text = ",\n    ".join(", ".join(map(str, row)) for row in rows)
        arrays += f"constexpr unsigned char {name}[] = {{\n    {text}}};\n"
    return SOURCE.format(
        file=file, arrays=arrays, name=graph.name, nodes=len(graph.nodes),
        edges=sum(map(len, graph.targets)), roots=len(graph.roots), pins=len(graph.pins),
        steps=len(graph.steps),
    )  # fmt: skip


# ---- cuts


def reach(graph: Graph, reached: set[int], first: int) -> set[int]:
    """What `first` adds to the nodes reached."""
    added = set() if first in reached else {first}
    queue = list(added)
    while queue:
        for target in graph.targets[queue.pop()]:
            if target not in reached and target not in added:
                added.add(target)
                queue.append(target)
    return added


def cut(graph: Graph, nodes_max: int) -> Graph:
    kept: set[int] = set()
    roots = {}
    for name, node in graph.roots.items():
        added = reach(graph, kept, node)
        if len(kept) + len(added) <= nodes_max:
            kept |= added
            roots[name] = node
    order = sorted(kept)
    new = {node: index for index, node in enumerate(order)}
    made = Graph(
        name=f"{graph.name}_{len(order)}",
        nodes=[graph.nodes[node] for node in order],
        targets=[[new[target] for target in graph.targets[node]] for node in order],
        roots={name: new[node] for name, node in roots.items()},
        pins=[new[pin] for pin in graph.pins if pin in new],
    )
    for step in graph.steps:
        dropped = [root for root in step if root in roots]
        if dropped or not step:
            made.steps.append(dropped)
    made.expectations = expectations(made)
    return made


def splitmix64(x: int) -> int:
    mask = 2**64 - 1
    x = x + 0x9E3779B97F4A7C15 & mask
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & mask
    x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
    return x ^ x >> 31


def expectations(graph: Graph) -> list[str]:
    """What holds after each step: counts, and what can be reached, looked up anew each time."""
    counts = Counter(graph.roots.values()) + Counter(graph.pins)
    for targets in graph.targets:
        counts.update(targets)
    held = dict(graph.roots)
    live = set(range(len(graph.nodes)))
    found = []
    for step in graph.steps:
        if step:
            freed, queue = [], [held.pop(root) for root in step]
            while queue:
                node = queue.pop()
                counts[node] -= 1
                if counts[node] == 0:
                    freed.append(node)
                    queue += graph.targets[node]
        else:
            freed = sorted(live - reachable(graph, held))
            for node in freed:
                counts.subtract(graph.targets[node])
        live.difference_update(freed)
        sizes = [graph.nodes[node] for node in freed]
        garbage = len(live) - len(reachable(graph, held))
        mix = sum(map(splitmix64, freed)) & 2**64 - 1
        found.append(
            f"expect freed {len(freed)} tracked {sum(not atomic for _, _, atomic in sizes)} "
            f"bytes {sum(size for size, _, _ in sizes)} live {len(live)} garbage {garbage} "
            f"rcsum {sum(counts[node] for node in live)} mix {mix:016x}"
        )
    return found


def reachable(graph: Graph, held: dict[str, int]) -> set[int]:
    reached: set[int] = set()
    for node in (*held.values(), *graph.pins):
        reached |= reach(graph, reached, node)
    return reached


def text_of(graph: Graph) -> str:
    edges = sum(map(len, graph.targets))
    lines = ["gcgraph 1", f"name {graph.name}",
             f"count nodes {len(graph.nodes)} edges {edges} roots {len(graph.roots)} "
             f"pins {len(graph.pins)} steps {len(graph.steps)}"]  # fmt: skip
    for node, (size, kind, atomic) in enumerate(graph.nodes):
        lines.append(f"node {node} {size} {kind}{' a' if atomic else ''}")
    for node, targets in enumerate(graph.targets):
        for at in range(0, len(targets), 64):
            lines.append(f"edge {node} {' '.join(map(str, targets[at : at + 64]))}")
    lines += [f"root {name} {node}" for name, node in graph.roots.items()]
    lines += [f"pin {pin}" for pin in graph.pins]
    lines.append("expected")
    for step, expectation in zip(graph.steps, graph.expectations):
        lines += [" ".join(["drop", *step] if step else ["collect"]), expectation]
    return "\n".join([*lines, "end", ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--cut", type=int, metavar="NODES")
    parser.add_argument("--table", type=Path, metavar="OUT")
    parser.add_argument("--graph", type=Path, metavar="OUT")
    options = parser.parse_args()
    graph = read_graph(options.file)
    if options.cut is not None:
        graph = cut(graph, options.cut)
    if options.graph is not None:
        options.graph.write_text(text_of(graph), encoding="utf-8")
    if options.table is not None:
        options.table.write_text(table_of(graph, options.file.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
