"""What the checkers share: finding the project's files and telling code from comments."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

CPP_SUFFIXES = (".h", ".cc")
SKIPPED_FOLDERS = {"build", "__pycache__"}

# One alternative per thing that hides text from the compiler; the first that matches wins.
_HIDDEN = re.compile(
    r"""
      (?P<comment> //(?:\\\n|[^\n])* | /\*.*?(?:\*/|\Z) )
    | (?P<raw>     \bu?8?[LUR]*R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)" )
    | (?P<string>  "(?:\\.|[^"\\\n])*" )
    | (?P<char>    (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*' )
    """,
    re.VERBOSE | re.DOTALL,
)


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """All files below root with one of the suffixes, in a fixed order; no build, no hidden ones."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith(".")
        )
        for name in sorted(names):
            if name.endswith(suffixes):
                yield Path(folder, name)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def code_only(text: str) -> str:
    """C++ text with comments and the insides of literals blanked; positions stay the same."""

    def hide(match: re.Match) -> str:
        found = match.group()
        if match.group("comment"):
            return _blank(found)
        return found[0] + _blank(found[1:-1]) + found[-1]

    return _HIDDEN.sub(hide, text)


def comments_only(text: str) -> str:
    """The complement: only the comments' characters, all others blanked."""
    result = []
    end = 0
    for match in _HIDDEN.finditer(text):
        result.append(_blank(text[end : match.start()]))
        found = match.group()
        result.append(found if match.group("comment") else _blank(found))
        end = match.end()
    result.append(_blank(text[end:]))
    return "".join(result)


def line_of(text: str, position: int) -> int:
    """The number of the line, from 1, in which the position lies."""
    return text.count("\n", 0, position) + 1
