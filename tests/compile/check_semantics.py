#!/usr/bin/env python3
"""Checks docs/semantics.md: that it is complete, and that everything it names exists.

    claims      the rows `| N |` below "## The claims" are 1 to 84, in this order, each once, each
                with a kind: B, behaviour, or S, statement
    cases       those below "## The cases" are 1 to 171, likewise; each names a script or a test
    shown       a claim that is a behaviour names a cell of the tour; every row names a cell, a
                script or a test; a row of "Where generations matter" names a script or a test
    cells       a cell of the tour, written 2 [888] (document 2, In [888]), exists and has a value
                tagged with the row's claim
    tour        the tour tags a value with every behaviour, and with nothing that is not listed
    tests       a name in backquotes like `Suite.name` is a test below tests/
    scripts     a name in backquotes like `rc-simple` is a script of tests/gcscript/cases
    differences the letters in the last column of claims and cases are the headings "### A. ..."
    interface   names in the second column of "gc and weakref in Ouro" stand in the headers; each
                row that has such a name names a script or a test, too
    rules       so does every row of "The rules behind the names"

usage: check_semantics.py ROOT [PROGRAM]. PROGRAM is the built `ouro`; without it the tour is not
looked at. Prints one line per problem; exit code 1 if there is one.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CLAIMS = 84
CASES = 171
GENERATION_CASES = 13
BEHAVIOUR, STATEMENT = "B", "S"
HEADERS = ("include", "gc", "heap")

SECTION = re.compile(r"^## (.*)$", re.MULTILINE)
CELL = re.compile(r"\b(\d) (In\b|\[[^\]]*\])")
QUOTED = re.compile(r"`([^`]+)`")
TEST_NAME = re.compile(r"[A-Z]\w*\.\w+")
SCRIPT_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
DIFFERENCE = re.compile(r"^### ([A-Z])\. ", re.MULTILINE)
IDENTIFIER = re.compile(r"[A-Za-z_]\w+")

Row = list[str]
Tags = dict[tuple[str, str], set[int]]


def sections(text: str) -> dict[str, str]:
    """Every section `## ...` with its text."""
    parts = SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2]))


def table(section: str) -> Iterator[Row]:
    """The cells of every row of a section's tables, without lines of dashes."""
    for line in section.splitlines():
        if line.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def numbered(section: str) -> list[Row]:
    return [row for row in table(section) if row[0].isdigit()]


def cells_in(row: Row) -> list[tuple[str, str]]:
    """Documents and cells as the tour names them: `In [888]`, or `In` where there is no number."""
    return [(d, cell if cell == "In" else f"In {cell}") for d, cell in CELL.findall(row[3])]


def names_in(text: str, form: re.Pattern) -> list[str]:
    return [quoted for quoted in QUOTED.findall(text) if form.fullmatch(quoted)]


def names_proof(row: Row) -> bool:
    text = " ".join(row)
    return bool(names_in(text, TEST_NAME) or names_in(text, SCRIPT_NAME))


def check_numbers(what: str, rows: list[Row], last: int) -> Iterator[str]:
    """Are they all there, each once, in their order?"""
    found = [int(row[0]) for row in rows]
    for number in sorted(set(range(1, last + 1)) - set(found)):
        yield f"{what} {number} is missing"
    for number in sorted({n for n in found if found.count(n) > 1 or not 1 <= n <= last}):
        yield f"{what} {number} is listed twice or does not exist"
    if found != sorted(found):
        yield f"the {what}s are not in their order"


def check_claims(claims: list[Row]) -> Iterator[str]:
    """The rows by themselves."""
    yield from check_numbers("claim", claims, CLAIMS)
    for row in claims:
        cells = cells_in(row)
        if row[2] not in (BEHAVIOUR, STATEMENT):
            yield f"claim {row[0]} is neither B nor S: {row[2]!r}"
        if row[2] == BEHAVIOUR and not cells:
            yield f"claim {row[0]} names no cell of the tour"
        if not cells and not names_proof(row):
            yield f"claim {row[0]} names nothing that shows it"


def check_cases(cases: list[Row]) -> Iterator[str]:
    yield from check_numbers("case", cases, CASES)
    for row in cases:
        if not names_proof(row):
            yield f"case {row[0]} names nothing that shows it"


def check_differences(what: str, rows: list[Row], text: str) -> Iterator[str]:
    explained = DIFFERENCE.findall(text)
    for row in rows:
        for letter in row[-1].split():
            if letter not in explained:
                yield f"{what} {row[0]} differs by {letter}, which is not explained"


def check_generations(rows: list[Row]) -> Iterator[str]:
    if len({row[0] for row in rows}) != GENERATION_CASES or len(rows) != GENERATION_CASES:
        yield f"{len(rows)} cases about generations, not {GENERATION_CASES}"
    for row in rows:
        if not names_proof(row):
            yield f"case {row[0]} about generations names nothing that shows it"


def check_names(text: str, tests: set[str], scripts: set[str]) -> Iterator[str]:
    for name in names_in(text, TEST_NAME):
        if name not in tests:
            yield f"there is no test {name}"
    for name in names_in(text, SCRIPT_NAME):
        if name not in scripts:
            yield f"there is no script {name}"


def check_interface(section: str, headers: str) -> Iterator[str]:
    known = set(IDENTIFIER.findall(headers))
    for row in table(section):
        for quoted in QUOTED.findall(row[1]):
            for name in IDENTIFIER.findall(quoted):
                if name not in known:
                    yield f"no header has the name {name} of `{quoted}`"
        if QUOTED.search(row[1]) and not names_proof(row[2:]):
            yield f"nothing shows {row[1]}"


def check_rules(section: str) -> Iterator[str]:
    rules = list(table(section))[1:]
    if not rules:
        yield "there are no rules"
    for row in rules:
        if not names_proof(row):
            yield f"nothing shows that {row[0]}"


def check_tour(claims: list[Row], tags: Tags) -> Iterator[str]:
    """The rows against what the tour has printed."""
    shown = set().union(*tags.values())
    listed = {int(row[0]) for row in claims}
    for number in sorted(shown - listed):
        yield f"the tour shows claim {number}, which is not listed"
    for row in claims:
        number = int(row[0])
        if row[2] == BEHAVIOUR and number not in shown:
            yield f"the tour does not show claim {number}"
        for document, cell in cells_in(row):
            if number not in tags.get((document, cell), set()):
                yield f"claim {number} is not shown by document {document}, {cell}"


def check_text(text: str, tests: set[str], scripts: set[str], headers: str) -> list[str]:
    """All that can be said without the program."""
    parts = sections(text)
    claims = numbered(parts.get("The claims", ""))
    cases = numbered(parts.get("The cases", ""))
    return [
        *check_claims(claims),
        *check_differences("claim", claims, text),
        *check_cases(cases),
        *check_differences("case", cases, text),
        *check_generations(numbered(parts.get("Where generations matter", ""))),
        *check_names(text, tests, scripts),
        *check_interface(parts.get("gc and weakref in Ouro", ""), headers),
        *check_rules(parts.get("The rules behind the names", "")),
    ]


def claims_of(text: str) -> list[Row]:
    return numbered(sections(text).get("The claims", ""))


def tags_of(tour: str) -> Tags:
    """The claims that every cell of the tour is tagged with, from `ouro tour --json`."""
    tags: Tags = {}
    for value in json.loads(tour)["values"]:
        tags.setdefault((str(value["document"]), value["cell"]), set()).update(value["claims"])
    return tags


def tests_below(folder: Path) -> set[str]:
    found: set[str] = set()
    for file in folder.rglob("*.cc"):
        found.update(".".join(pair) for pair in TEST.findall(file.read_text(encoding="utf-8")))
    return found


def main() -> int:
    root = Path(sys.argv[1])
    text = (root / "docs/semantics.md").read_text(encoding="utf-8")
    headers = [file for folder in HEADERS for file in sorted((root / folder).rglob("*.h"))]
    problems = check_text(
        text,
        tests_below(root / "tests"),
        {file.stem for file in (root / "tests/gcscript/cases").glob("*.gcs")},
        "\n".join(file.read_text(encoding="utf-8") for file in headers),
    )
    if len(sys.argv) > 2:
        run = subprocess.run(
            [sys.argv[2], "tour", "--json"], capture_output=True, text=True, timeout=60, check=True
        )
        problems += check_tour(claims_of(text), tags_of(run.stdout))
    for problem in problems:
        print(f"check_semantics: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
