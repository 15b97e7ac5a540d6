#!/usr/bin/env python3
"""explore_test.py PROGRAM: the command line of the explorer keeps what it promises: the seed comes
first, exit status 1 on a violation, and the command that it prints finds the same again."""

import shlex
import subprocess
import sys
import unittest

PROGRAM = ""


def explore(*arguments: str) -> tuple[int, list[str]]:
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    return result.returncode, (result.stdout + result.stderr).splitlines()


class Explore(unittest.TestCase):
    def test_a_clean_search_prints_its_seed_first_and_ends_with_0(self) -> None:
        status, lines = explore("--scenario", "take", "--schedules", "200", "--seed", "7")
        self.assertEqual(status, 0)
        self.assertEqual(lines[0], "seed 7")
        self.assertRegex(lines[-1], r"^200 schedules in .* a minute with 2 workers$")

    def test_a_mutant_ends_with_1_at_once_and_its_replay_finds_the_same(self) -> None:
        status, lines = explore("--mutant", "take_without_touch")
        self.assertEqual(status, 1)
        found = [line for line in lines if line.startswith("VIOLATION in ")]
        self.assertEqual(len(found), 1, "the first finding is the end")
        self.assertIn("VIOLATION in take after ", found[0])
        commands = [line for line in lines if line.startswith("replay: ")]
        self.assertEqual(len(commands), 1)
        arguments = shlex.split(commands[0])
        replay = arguments[arguments.index("--scenario"):]
        status, lines = explore(*replay)
        self.assertEqual(status, 1)
        self.assertIn(found[0].split(": ", 1)[1], lines[-1])
        without = [a for a in replay if a not in ("--mutant", "take_without_touch")]
        self.assertEqual(explore(*without)[0], 0, "the same schedule without the mutant")

    def test_two_searches_with_one_seed_find_the_same(self) -> None:
        first, second = (
            [line for line in explore("--mutant", "edges_with_words", "--workers", "1")[1]
             if line.startswith(("VIOLATION", "replay"))]
            for _ in range(2)
        )
        self.assertEqual(first, second)
        self.assertEqual(len(first), 2)

    def test_an_exhaustive_search_says_that_it_is_complete(self) -> None:
        status, lines = explore("--scenario", "hand", "--exhaustive", "--preemptions", "1",
                                "--schedules", "1000000")
        self.assertEqual(status, 0)
        self.assertTrue(lines[1].endswith("complete"), lines[1])
        steps = int(lines[1].split()[lines[1].split().index("steps") - 1])
        self.assertRegex(lines[2], r"^ *\d+ different states$")
        states = int(lines[2].split()[0])
        self.assertGreater(states, 100)
        self.assertLess(states * 2, steps, "most steps lead to states that others have led to")

    def test_an_exhaustive_search_goes_through_interrupts(self) -> None:
        status, lines = explore("--scenario", "interrupt", "--exhaustive", "--preemptions", "1",
                                "--schedules", "300")
        self.assertEqual(status, 0, lines)

    def test_what_is_unknown_ends_with_2(self) -> None:
        for arguments in (("--scenario", "none_such"), ("--mutant", "none_such"), ("--none",),
                          ("--replay", "1:2>0"), ("--scenario", "take", "--replay", "nonsense")):
            self.assertEqual(explore(*arguments)[0], 2, arguments)

    def test_the_list_names_scenarios_and_mutants(self) -> None:
        status, lines = explore("--list")
        self.assertEqual(status, 0)
        kinds = [line.split()[0] for line in lines]
        self.assertGreaterEqual(kinds.count("mutant"), 25)
        self.assertGreater(kinds.count("scenario"), 25)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
