"""Finds the functions of a C++ file by its braces: good enough to measure them, no parser.

A `{` opens a function body if what stands before it, back to the last `;`, `{` or `}`, has a
parameter list and is neither a namespace, a type, nor an initializer. What lies inside a function
(blocks, lambdas, local types) belongs to it. Preprocessor lines are not looked at: a conditional
whose two halves open a brace each confuses the count for the rest of its file, never more.
"""

import re
from collections.abc import Iterator

_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_TEMPLATE = re.compile(r"\btemplate\s*<")
_ACCESS = re.compile(r"^\s*(?:public|private|protected)\s*:(?!:)")
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", re.DOTALL)
_SCOPE = re.compile(
    r'\s*(?:(?:inline\s+)?namespace\b|(?:class|struct|union|enum)\b|extern\s*"\s*"\s*$'
    r"|requires\b.*\b(?:class|struct)\s+[\w:<>, ]+(?:[^:]:[^:].*)?$)",
    re.DOTALL,
)
# The end of a constructor's head that opens a member's braces: `Type() : first_(1), second_`
_MEMBER = re.compile(r"\).*(?:,|(?<!:):(?!:))\s*[\w:]+(?:<[^;]*>)?\s*$", re.DOTALL)
_LAMBDA = re.compile(r"(\w+)\s*=\s*\[")
_NAME = re.compile(r"([~\w:]+|operator\s*[^\s\w]+|operator\s+[\w\s*&]+?)\s*\(")


def _blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _bare(head: str) -> str:
    """The head without access labels, attributes and `template <...>`, whose `class` misleads."""
    head = _ATTRIBUTE.sub(" ", _ACCESS.sub("", head))
    while match := _TEMPLATE.search(head):
        depth, end = 1, match.end()
        while end < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[: match.start()] + head[end:]
    return head


def _kind(head: str) -> str:
    """What the `{` after the bare head opens: 'scope', 'function' or 'value'."""
    if head.rstrip().endswith(("=", ",", "(", "return")):
        return "value"
    if _SCOPE.match(head) or not head.strip():
        return "scope"
    if "(" not in head or _MEMBER.search(head):
        return "value"
    return "function"


def _name(head: str) -> str:
    match = _LAMBDA.search(head) or _NAME.search(head)
    return match.group(1).strip() if match else "a function"


def functions(code: str) -> Iterator[tuple[int, int, str]]:
    """Yields (first line, last line, name) of each outermost function in text without comments."""
    code = _DIRECTIVE.sub(_blank, code)
    kinds: list[str] = []  # of the braces that are open
    inside = 0  # how many of the open braces are not 'scope'
    head_start = 0
    line = first_line = 1
    name = ""
    for match in re.finditer(r"[{};\n]", code):
        symbol, position = match.group(), match.start()
        if symbol == "\n":
            line += 1
            continue
        if symbol == "{":
            head = _ACCESS.sub("", code[head_start:position])
            kind = "block" if inside else _kind(_bare(head))
            if kind == "function":
                name = _name(_bare(head))
                first_line = line - head.lstrip().count("\n")
            kinds.append(kind)
            inside += kind != "scope"
        elif symbol == "}" and kinds:
            kind = kinds.pop()
            inside -= kind != "scope"
            if kind == "function":
                yield first_line, line, name
            if kind == "value":
                continue  # the head goes on behind a member's or an argument's braces
        if not inside:
            head_start = position + 1
