#!/usr/bin/env python3
"""differential_test.py PROGRAM: the differential run finds planted differences and shrinks them.

The program is wrapped in one that prints something else about one kind of statement.
"""
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "differential"
sys.path.insert(0, str(TOOL))

import oracle  # noqa: E402
from reduction import reduce, smallest, top_level  # noqa: E402

PROGRAM = ""

WRAPPER = """#!{python}
import subprocess, sys
done = subprocess.run([{program!r}, *sys.argv[1:]], stdout=subprocess.PIPE, text=True)
sys.stdout.write(done.stdout{change})
sys.exit(done.returncode{status})
"""


class Reduction(unittest.TestCase):
    def test_parts_are_statements_with_their_blocks(self):
        block = ["on fin a", "  unordered collect", "  unordered", "  end", "end"]
        lines = ["new a", *block, "drop a"]
        self.assertEqual([len(part) for part in top_level(lines)], [1, 5, 1])

    def test_what_is_left_is_what_is_needed(self):
        needed = [17, 18, 80]
        left = smallest(list(range(100)), lambda some: set(needed) <= set(some))
        self.assertEqual(left, needed)

    def test_lines_go_out_of_blocks_too(self):
        text = "new a\nrepeat 3\n  new b\n  collect\nend\nobjects\n"

        def fails(some: str) -> bool:
            return "repeat 3" in some and "collect" in some

        self.assertEqual(reduce(text, fails), "repeat 3\n  collect\n")

    def test_words_go_too(self):
        text = "new a b\nrepeat 3\n  unordered drop a b c\nend\n"

        def fails(some: str) -> bool:
            lines = some.split("\n")
            return "new a" in some and any(line.endswith("c") for line in lines)

        self.assertEqual(reduce(text, fails), "new a\n  c\n")


class Oracle(unittest.TestCase):
    def test_scripts_do_not_see_each_other(self):
        for _ in range(2):
            self.assertEqual(oracle.play("new a\nobjects\n"), "objects -> 1\n")

    def test_a_wrong_script_has_no_output(self):
        self.assertIsNone(oracle.play("nonsense\n", quiet=True))


class PlantedDifference(unittest.TestCase):
    def compare(self, change: str = "", status: str = "") -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            wrapper = Path(folder) / "wrapper"
            wrapper.write_text(
                WRAPPER.format(
                    python=sys.executable, program=PROGRAM, change=change, status=status
                )
            )
            wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
            command = [sys.executable, str(TOOL / "differential.py"), "--seeds", "2"]
            return subprocess.run(
                [*command, "--ouro", str(wrapper)], capture_output=True, text=True, check=False
            )

    def test_none_without_a_change(self):
        done = self.compare()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("2 scripts, 2 runs each", done.stdout)
        self.assertIn(": 0 differ\n", done.stdout)

    def test_is_found_and_shrunk_to_one_statement(self):
        done = self.compare(change=".replace('collect -> ', 'collect -> 1')")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(": 2 differ\n", done.stdout)
        self.assertRegex(done.stdout, "in 5 runs at most:\ncollect\n--- CPython")

    def test_a_failing_program_is_one(self):
        done = self.compare(status=" or 1")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("exit status 1", done.stdout)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
