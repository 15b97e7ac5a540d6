#!/usr/bin/env python3
"""tools/masked_sections.py must count the longest path, and find what has no bound."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from masked_sections import sections  # noqa: E402

# body of function f, the lengths of its sections, part of each problem
CASES = [
    ("nop; bx lr", [], []),
    ("cpsid i; msr PRIMASK, r0; bx lr", [1], []),
    ("cpsid i; ldr r1, [r0]; adds r1, #1; str r1, [r0]; msr PRIMASK, r2; bx lr", [4], []),
    ("cpsid i; cmp r0, #0; beq 1f; nop; nop; 1: nop; msr PRIMASK, r2; bx lr", [6], []),
    ("cpsid i; cmp r0, #0; beq 1f; msr PRIMASK, r2; bx lr; 1: nop; nop; cpsie i; bx lr", [5], []),
    ("cpsid i; msr PRIMASK, r2; nop; cpsid i; nop; msr PRIMASK, r2; bx lr", [1, 2], []),
    ("cpsid i; 1: subs r0, #1; bne 1b; msr PRIMASK, r2; bx lr", [], ["a loop"]),
    ("cpsid i; push {r4, lr}; bl g; msr PRIMASK, r2; pop {r4, pc}", [], ["bl"]),
    ("cpsid i; bx lr", [], ["bx"]),
    ("push {r4, lr}; cpsid i; pop {r4, pc}", [], ["pop"]),
    ("cpsid i; b g", [], ["leaves the function"]),
    ("cpsid i", [], ["is the function's last"]),
]


def listing_of(body: str) -> str:
    lines = [".syntax unified", ".text", ".thumb", ".global f", ".type f, %function",
             ".thumb_func", "f:", *body.split("; "), ".type g, %function", ".thumb_func", "g:",
             "bx lr"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        source, image = Path(folder, "f.s"), str(Path(folder, "f.o"))
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        assembler = ["arm-none-eabi-as", "-mcpu=cortex-m0", "-mthumb", str(source), "-o", image]
        subprocess.run(assembler, check=True)
        command = ["arm-none-eabi-objdump", "-d", "-C", "--no-show-raw-insn", image]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class MaskedSections(unittest.TestCase):
    def test_cases(self):
        for body, expected, expected_problems in CASES:
            with self.subTest(body=body):
                lengths, problems = sections(listing_of(body))
                self.assertEqual([length for length, _ in lengths], expected)
                self.assertEqual(len(problems), len(expected_problems), problems)
                for part, problem in zip(expected_problems, problems):
                    self.assertIn(part, problem)


if __name__ == "__main__":
    unittest.main()
