"""The program that profiles are made of, and where an address in it comes from."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "profile" / "bin" / "bench" / "ouro"
ROWS = 12  # of a list


def places(addresses: list[int]) -> dict[int, tuple[str, str]]:
    """Innermost function of this project and its line, for addresses in the program's file. What
    lies in a port, an atomic operation, is named with the function and the line that it is for."""
    if not addresses:
        return {}
    asked = "\n".join(hex(address) for address in addresses)
    output = subprocess.run(
        ["addr2line", "-a", "-i", "-f", "-C", "-e", str(PROGRAM)],
        input=asked, capture_output=True, text=True, check=True,
    ).stdout
    found = {}
    for block in re.split(r"^(?=0x[0-9a-f]+$)", output, flags=re.MULTILINE):
        lines = block.splitlines()
        operation = ""
        for function, place in zip(lines[1::2], lines[2::2]):
            if str(ROOT) not in place:
                continue
            line = re.sub(r" \(discriminator.*", "", place).removeprefix(f"{ROOT}/")
            name = re.sub(r"\(.*", "", function).removeprefix("ouro::")
            found[int(lines[0], 16)] = (f"{operation}{name}", line)
            if not line.startswith("ports/"):
                break
            operation = operation or f"{name.removeprefix('port::')} in "
    return found
