#!/usr/bin/env python3
"""Goal: tools/dev/mcu_stack.py finds the deepest chain of calls, and adds up the compiler's frames.
Method: planted functions with frames of known sizes, linked into an image of their own."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
import mcu_stack  # noqa: E402

SOURCE = """
extern "C" {
void leaf(void*);
#define BUFFER(n) char buffer[n]; leaf(buffer)
[[gnu::noipa]] void leaf(void*) {}
[[gnu::noipa]] void small() { BUFFER(64); leaf(nullptr); }
[[gnu::noipa]] void large() { BUFFER(256); leaf(nullptr); }
[[gnu::noipa]] void both() { small(); large(); small(); }
[[gnu::noipa]] void jumps(int n) { small(); large(); }
void round_b(int n);
[[gnu::noipa]] void round_a(int n) { BUFFER(32); if (n) round_b(n - 1); leaf(nullptr); }
[[gnu::noipa]] void round_b(int n) { BUFFER(128); round_a(n); leaf(nullptr); }
void _start() { both(); jumps(1); round_a(3); }
}
"""


def chains() -> mcu_stack.Depths:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "planted.cc").write_text(SOURCE, encoding="utf-8")
        subprocess.run(
            ["arm-none-eabi-g++", "-mcpu=cortex-m3", "-mthumb", "-Os", "-ffreestanding", "-w",
             "-fno-exceptions", "-fcallgraph-info=su", "-nostdlib", "-nostartfiles",
             "planted.cc", "-o", "planted.elf"],
            cwd=folder, check=True,
        )  # fmt: skip
        return mcu_stack.Depths(folder / "planted.elf", folder)


class Stack(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.depths = chains()

    def frame(self, name: str) -> int:
        self.assertTrue(self.depths.functions[name].known, name)
        return self.depths.functions[name].frame

    def test_frames_are_the_compilers(self) -> None:
        self.assertEqual(self.frame("leaf"), 0)
        self.assertGreaterEqual(self.frame("small"), 64)
        self.assertGreaterEqual(self.frame("large"), 256)
        self.assertLess(self.frame("large"), 256 + 40)

    def test_the_deepest_of_several_calls_counts(self) -> None:
        need, chain = self.depths.depth("both")
        self.assertEqual(chain[:2], ["both", "large"])
        self.assertEqual(need, self.frame("both") + self.frame("large"))

    def test_a_jump_at_the_end_gives_the_own_frame_back_first(self) -> None:
        self.assertIn("large", self.depths.functions["jumps"].tails)
        self.assertGreater(self.frame("jumps"), 0)
        self.assertEqual(self.depths.depth("jumps")[0], self.frame("large"))

    def test_a_circle_is_gone_through_once(self) -> None:
        need, chain = self.depths.depth("round_a")
        self.assertEqual(chain[:2], ["round_a", "round_b"])
        self.assertEqual(need, self.frame("round_a") + self.frame("round_b"))
        self.assertIn("round_b", self.depths.circles)
        self.assertNotIn("both", self.depths.circles)

    def test_frames_are_read_from_instructions_where_nothing_is_said(self) -> None:
        self.assertEqual(mcu_stack.registers_in("r4, r5, r6, lr"), 4)
        self.assertEqual(mcu_stack.registers_in("r4-r11, lr"), 9)


if __name__ == "__main__":
    unittest.main()
