#!/usr/bin/env python3
"""Holds the links between models/ and the code, in both directions.

A model names the code it stands for, in its head, one line each:

     * Code: heap/reference_count.cc try_upgrade

and that function has, in the comment that ends directly above its definition:

    // Model: models/weak_upgrade.pml

(several models with commas between them). usage: check_models.py [ROOT]. Prints one line per broken
link; exit code 1 if there is one.
"""

import re
import sys
from pathlib import Path

CODE = re.compile(r"^ \* Code: (\S+) (\w+)$")
LOOSE_CODE = re.compile(r"^\s*\*?\s*Code:")
MODEL = re.compile(r"^\s*///? ?Model: (.*)$")
BETWEEN = re.compile(r"^\s*(//|template <.*>$)")  # what may stand before the function
NAME = re.compile(r"(\w+)\(")
FOLDERS = ("heap", "gc", "platform", "ports", "include")

Link = tuple[str, str, str]  # file of the code, function, model


def links_of_models(root: Path, problems: list[str]) -> set[Link]:
    links = set()
    for path in sorted(root.glob("models/*.pml")):
        model = path.relative_to(root).as_posix()
        found = 0
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := CODE.match(line):
                links.add((match.group(1), match.group(2), model))
                found += 1
            elif LOOSE_CODE.match(line):
                problems.append(f"{model}:{number}: not `Code: FILE FUNCTION`: {line.strip()}")
        if found == 0:
            problems.append(f"{model}: names no code")
    return links


def links_of_file(root: Path, path: Path, problems: list[str]) -> set[Link]:
    """Each `Model:` belongs to the function whose name stands behind its comment."""
    links = set()
    file = path.relative_to(root).as_posix()
    waiting: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := MODEL.match(line):
            waiting += [model.strip() for model in match.group(1).split(",")]
        elif waiting and not BETWEEN.match(line):
            if name := NAME.search(line):
                links.update((file, name.group(1), model) for model in waiting)
            else:
                problems.append(f"{file}:{number}: no function behind `Model: {waiting[0]}`")
            waiting = []
    if waiting:
        problems.append(f"{file}: no function behind `Model: {waiting[0]}`")
    return links


def check(root: Path) -> list[str]:
    problems: list[str] = []
    wanted = links_of_models(root, problems)
    found: set[Link] = set()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                found |= links_of_file(root, path, problems)
    for file, function, model in sorted(wanted - found):
        problems.append(f"{file}: no `Model: {model}` directly above {function}(), which it names")
    for file, function, model in sorted(found - wanted):
        problems.append(f"{model}: no `Code: {file} {function}`, which names this model")
    return problems


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    problems = check(root)
    for problem in problems:
        print(f"check_models: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
