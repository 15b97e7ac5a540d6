#!/usr/bin/env python3
"""docs/memory_order.md: every atomic operation of heap/, gc/, platform/ and the desktop port.

The table is made from the code: file, function, operation, order; its partner and reason from the
`// order:` comment at the operation; the mutant that weakens this very operation, or else why none
does, from KINDS below. usage: memory_order.py [--write] [ROOT]. Without --write it compares: a
document that differs, an operation without an explicit order or without a kind is a problem, one
line each; exit code 1 if there is one.
"""

import re
import sys
from pathlib import Path

import cpp_functions
from source_text import CPP_SUFFIXES, code_only, line_of

DOCUMENT = "docs/memory_order.md"
FOLDERS = ("heap", "gc", "platform", "ports/desktop")
WRAPPED = "value_"  # of platform::atomic itself, which passes its caller's order on
CONCEPT = "platform/port_concept.h"  # only names the operations
# load() without an argument is a Field's: the atomic has no default order.
OPERATION = re.compile(
    r"([\w\]\[()\->.*/]*?)(?:\.|->)"
    r"(load(?!\(\))|store|exchange|fetch_(?:add|add_masked|sub|or|and)"
    r"|compare_exchange(?:_weak|_strong)?|(?<=look\.)swap(?:_first_reading)?)\("
)
ORDER = re.compile(r"\bmemory_order_(\w+)")
MUTANT = re.compile(r"OURO_ORDER\(\s*memory_order_\w+,\s*(\w+),")
MUTANT_ENTRY = re.compile(r'X\((\w+),\s*"(\w+)",\s*"([^"]*)"\)')
SWITCH = re.compile(r"OURO_ORDER\(\s*memory_order_(\w+),\s*\w+,\s*memory_order_\w+\)")
VARIABLE = re.compile(r"\bauto order =([^;]*);")

# What the comment, the operation or the file says, and why no mutant weakens the operation.
KINDS = [
    (r"mutant", "only in a mutant"),
    (
        r"written once|: once|type_of\(header\)->info|type\W+info|entry\W+info",
        "a type is written once, then only read",
    ),
    (r"^\W*(State>\()?word_\.", "protocol: `commit_without_decision`; models/weak_upgrade.pml"),
    (r"under the (weak )?lock|under the .* lock", "the lock orders it"),
    (
        r"ours|single writer|only writer|only (the pass owner|one to use)|one thread|owns the list",
        "one thread only",
    ),
    (r"nobody (changes|knows)|no other context", "one thread only"),
    (
        r"only counts|statistic|figure|tuning|setting|pacing|^pages_\.",
        "no data depends on the value",
    ),
    (r"alive_\.", "one exchange decides; TSan runs"),
    (r"ports/desktop", "not in the simulation, which has a port of its own; TSan runs"),
    (r"dirty|listing_", "protocol: `page_taken_late`, `unlisted_missed`; models/candidates.pml"),
    (r"64\]\.|^\(*word\.(load|fetch_or)", "same bits: `report_relaxed`, `bits_taken_relaxed`"),
    (r"pairs with report_released", "same bits: `report_relaxed`, `pages_taken_relaxed`"),
    (
        r"word\.(compare|fetch)|look\.swap|versioned_\.",
        "same word: `release_not_acquire`, `release_not_release`",
    ),
    (r"word\.store", "same word: `newborn_relaxed`"),
    (r"word\.load", "same word: `word_load_relaxed`"),
    (r"free\[word\]", "same bits: `given_relaxed`, `taken_over_relaxed`"),
    (r"info\.(load|store|fetch|compare)", "same word: `info_load_relaxed`, `finished_relaxed`"),
    (r"generation", "published with the word: `newborn_relaxed`"),
    (r"target_|first_\.", "same edge: `weak_cut_relaxed`; models/weak_upgrade.pml"),
    (r"next_interned_", "one thread only"),
    (
        r"g_heaps|place\.(heap|begin|bytes|shut_down)\.|(begin|bytes)\.load.*pairs with create\(",
        "registry of heaps: TSan runs",
    ),
    (r"(slot|field|fields\[\w+\]|\])\.load", "same edge: `load_relaxed`"),
    (r"(slot|fields\[\w+\])\.(store|exchange)", "same edge: `store_not_release`"),
    (r"layout", "no mutant of the order; protocol: `dissolved_under_windows`"),
    (
        r"enabled_|running_|stopping_|settle_|wants_pass_|save_all_|life_|left_for_drain_",
        "control: TSan runs",
    ),
    (
        r"open_\.|place\.(store|load)|mine\.store|count_\.",
        "guards: `guard_seen_late`, `given_back_relaxed`",
    ),
    (r"late mark", "same bits: `bits_taken_relaxed`"),
    (r"look at the windows", "protocol: `cache_found_early`, `cache_taken_at_once`"),
    (r"held", "protocol: `holder_ignored`; order: `holder_load`"),
    (r"hint|postponed_|callbacks_wait_", "a hint: no data depends on the value"),
    (r"nobody else|\block", "one thread, or the lock orders it"),
]


def arguments(code: str, start: int) -> str:
    """From behind the opening parenthesis to its partner."""
    depth, end = 1, start
    while end < len(code) and depth:
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    return code[start : end - 1]


def target_of(text: str) -> str:
    """The expression without what a cast or a condition has left open in front of it."""
    while text.count("(") > text.count(")"):
        text = text[text.index("(") + 1 :]
    return "..." + text if text.count("]") > text.count("[") else text


def function_at(spans: list[tuple[int, int, str]], line: int) -> str:
    name = next((name for first, last, name in spans if first <= line <= last), "(class)")
    return name.split("::")[-1]


def comment_at(lines: list[str], line: int) -> str:
    """The `// order:` comment on the line, or the one that begins last in the 10 lines above."""
    for number in range(line, max(line - 11, 0), -1):
        text = lines[number - 1]
        at = text.find("// order:")
        if at < 0:
            continue
        words = [text[at + len("// order:") :].strip()]
        for follower in lines[number:line]:
            if not follower.strip().startswith("//") or text[:at].strip():
                break
            words.append(follower.strip().lstrip("/").strip())
        return " ".join(words)
    return ""


def kind_of(operation: str, comment: str, file: str) -> str:
    text = f"{operation} {comment} {file}"
    return next((kind for pattern, kind in KINDS if re.search(pattern, text)), "")


def operations(root: Path, path: Path, problems: list[str]) -> list[tuple[str, ...]]:
    text = path.read_text(encoding="utf-8")
    code = code_only(text)
    lines = text.splitlines()
    spans = list(cpp_functions.functions(code))
    file = path.relative_to(root).as_posix()
    rows = []
    for match in OPERATION.finditer(code):
        if match.group(1) == WRAPPED or file == CONCEPT:
            continue
        line = line_of(code, match.end())
        inner = arguments(code, match.end())
        operation = f"{target_of(match.group(1))}.{match.group(2)}"
        orders = ORDER.findall(SWITCH.sub(r"memory_order_\1", inner))
        mutants = MUTANT.findall(inner)
        function = function_at(spans, line)
        if not orders and re.search(r"\border\b", inner):
            span = next(s for s in spans if s[0] <= line <= s[1])
            body = "\n".join(code.splitlines()[span[0] - 1 : span[1]])
            for variable in VARIABLE.findall(body):
                orders += SWITCH.findall(variable) or ORDER.findall(variable)[:1]
                mutants += re.findall(r"(?:OURO_MUTANT\(|_\w+,\s*)(\w+)[,)]", variable)
        comment = comment_at(lines, line)
        if not orders and re.search(r"\border\b", inner) and "caller's" in comment:
            orders = ["the caller's"]
        if not orders:
            problems.append(f"{file}:{line}: no explicit order: {operation}")
            continue
        weaker = ", ".join(f"`{m}`" for m in dict.fromkeys(mutants) if not m.startswith("memory_"))
        shown = weaker or kind_of(operation, comment, file)
        if not comment:
            problems.append(f"{file}:{line}: no `// order:` comment: {operation}")
        if not shown:
            problems.append(f"{file}:{line}: no mutant and no kind: {operation}: {comment}")
        rows.append((file, function, operation, "/".join(dict.fromkeys(orders)), comment, shown))
    return rows


def mutants_of_orders(root: Path) -> list[str]:
    text = (root / "platform/mutant_list.h").read_text(encoding="utf-8")
    table = ["| mutant | what is weaker | breaks in scenario |", "| --- | --- | --- |"]
    for name, scenario, sentence in MUTANT_ENTRY.findall(text.replace("\\\n", "")):
        if sentence.startswith("order: "):
            table.append(f"| `{name}` | {sentence[len('order: '):]} | `{scenario}` |")
    return table


def document(root: Path, problems: list[str]) -> str:
    rows = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CPP_SUFFIXES:
                rows += operations(root, path, problems)
    head = (root / DOCUMENT).read_text(encoding="utf-8").split("\n| file")[0]
    table = ["| file | function | operation | order | partner, and why | weaker |"]
    table.append("| --- " * 6 + "|")
    table += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
    table += [f"\n{len(rows)} operations.\n", *mutants_of_orders(root)]
    return head + "\n" + "\n".join(table) + "\n"


def main() -> int:
    words = [word for word in sys.argv[1:] if word != "--write"]
    root = Path(words[0]) if words else Path(__file__).resolve().parents[1]
    problems: list[str] = []
    fresh = document(root, problems)
    if "--write" in sys.argv:
        (root / DOCUMENT).write_text(fresh, encoding="utf-8")
    elif fresh != (root / DOCUMENT).read_text(encoding="utf-8"):
        problems.append(f"{DOCUMENT}: not what the code says; run tools/memory_order.py --write")
    for problem in problems:
        print(f"memory_order: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
