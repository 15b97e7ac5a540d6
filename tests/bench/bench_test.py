#!/usr/bin/env python3
"""The benchmark runs, its JSON is complete and its goals are judged. No figure is looked at: what
runs here is too short for any.

usage: bench_test.py FOLDER, where the contestants' programs are.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from goals import Figure, Goal, Judge, all_goals  # noqa: E402
from measurements import Measurements, Run  # noqa: E402

PROGRAMS = Path(sys.argv[1])
# Those that need no package beyond those of the other tests.
CONTESTANTS = (
    "ouro",
    "floor",
    "std_shared_ptr",
    "boost_intrusive_ptr",
    "boost_atomic_shared_ptr",
    "mutex_shared_ptr",
    "glibc",
)
WORKS = ["W1", "W2", "W3", "W4/r", "W4/dr", "W4/fr", "W5", "W6", "A", "G", "S"]
NAMES = {name: name for name in CONTESTANTS}


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "bench" / "run.py", "--programs", PROGRAMS, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


class Smoke(unittest.TestCase):
    """One run of everything, at a thousandth of the work."""

    @classmethod
    def setUpClass(cls):
        works = list(WORKS)
        if os.geteuid() == 0 and len(os.sched_getaffinity(0)) > 1:  # it needs real-time priorities
            works.append("W4/tenth")
        cls.works = works
        with tempfile.TemporaryDirectory(prefix="ouro-bench-test.") as folder:
            cls.done = run(
                "--scale=smoke", f"--only={','.join(works)}", f"--plots={folder}",
                f"--contestants={','.join(CONTESTANTS)}",
            )
            path = Path(folder, "results.json")
            cls.result = json.loads(path.read_text()) if path.exists() else None
            cls.plots = {plot.stem: plot.read_text() for plot in Path(folder).glob("*.svg")}

    def test_ends_well(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def test_every_case_of_every_contestant_has_figures(self):
        runs = {(run["contestant"], run["case"]): run for run in self.result["runs"]}
        for contestant in CONTESTANTS:
            listed = subprocess.run(
                [PROGRAMS / contestant, "--list"], capture_output=True, text=True, check=True
            ).stdout.split()
            self.assertTrue(listed, contestant)
            for case in listed:
                if case.split("/")[0] not in self.works and case not in self.works:
                    continue
                if case.startswith("G/") and case not in ("G/live/4",) and case[-1] != "3":
                    continue
                run = runs.pop((contestant, case))
                self.assertEqual(run["error"], "", run)
                self.assertGreater(len(run["figures"]), 0, run)
        self.assertEqual(runs, {})

    def test_contestants_of_each_work(self):
        """A case that silently drops out of a contestant's list would be missed above."""
        runs = {(run["contestant"], run["case"]) for run in self.result["runs"]}
        for case in ("W1/one", "W1/same", "W1/separate", "W3/tree", "W4/r", "W6/single_64k"):
            for contestant in ("ouro", "std_shared_ptr", "boost_intrusive_ptr"):
                self.assertIn((contestant, case), runs)
        for case in ("W2/cycles", "W3/parents", "W4/fr", "W6/double_64k", "W6/bounded", "A/pass"):
            self.assertIn(("ouro", case), runs)
        for contestant in ("std_shared_ptr", "boost_atomic_shared_ptr", "mutex_shared_ptr"):
            self.assertIn((contestant, "W5/counted"), runs)

    def test_one_line_for_each_goal_at_the_end(self):
        lines = self.done.stdout.strip().splitlines()[-9:]
        for number, line in enumerate(lines, 1):
            self.assertRegex(line, rf"^goal {number}: (met|falls short) \(.+\) \[smoke scale")
        self.assertIn("Nim ORC left out", lines[3])
        self.assertEqual([goal["line"] for goal in self.result["goals"]],
                         [line.split(" [smoke")[0] for line in lines])

    def test_plots(self):
        expected = {"scaling", "growth", "pauses_r", "pauses_dr", "pauses_fr"}
        self.assertEqual(set(self.plots), expected)
        for plot in self.plots.values():
            document = xml.dom.minidom.parseString(plot)
            self.assertGreater(len(document.getElementsByTagName("polyline")), 0)


class Failures(unittest.TestCase):
    def test_a_run_of_ouro_that_fails_is_an_error(self):
        with tempfile.TemporaryDirectory(prefix="ouro-bench-test.") as folder:
            program = Path(folder, "ouro")
            program.write_text('#!/bin/sh\n[ "$1" = --list ] && echo W1/one && exit 0\nexit 3\n')
            program.chmod(0o755)
            done = subprocess.run(
                [sys.executable, ROOT / "bench" / "run.py", "--programs", folder,
                 "--plots", folder, "--scale=smoke"],
                capture_output=True, text=True,
            )
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"goal 1: falls short \(.*Ouro W1/one exit code 3")
        self.assertIn("std::shared_ptr not built", done.stdout)

    def test_an_unknown_work_is_refused(self):
        self.assertEqual(run("--only=W9").returncode, 2)


class Goals(unittest.TestCase):
    def test_ratios_are_taken_within_repetitions(self):
        of = Measurements([
            Run("ouro", "c", 0, {"ns": 1.0}), Run("glibc", "c", 0, {"ns": 2.0}),
            Run("ouro", "c", 1, {"ns": 10.0}), Run("glibc", "c", 1, {"ns": 20.0}),
            Run("ouro", "c", 2, {"ns": 5.0}), Run("glibc", "c", 2, {"ns": 5.0}),
            Run("ouro", "c", 3, {"ns": 7.0}), Run("glibc", "c", 3, error="signal 11"),
        ])
        spread = of.ratio(("ouro", "c", "ns"), ("glibc", "c", "ns"))
        self.assertEqual((spread.median, spread.least, spread.greatest), (0.5, 0.5, 1.0))

    def test_a_goal_is_met_only_if_all_figures_are(self):
        good, bad = Figure("a", "<= 1", 1.0), Figure("b", ">= 2", 1.9)
        absent = Figure("c", "<= 1", None, "peer not built")
        self.assertEqual(Goal(1, "", [good]).line(), "goal 1: met (a 1, bar <= 1)")
        self.assertRegex(Goal(1, "", [good, bad]).line(), r"falls short \(1 of 2 figures: b 1.9")
        self.assertRegex(Goal(1, "", [good, absent]).line(), r"falls short .*c: peer not built")

    def test_a_missing_peer_is_named(self):
        runs = [Run("ouro", "W1/one", 0, {"ns": 1.0})]
        judge = Judge(Measurements(runs), NAMES, {"boost_intrusive_ptr": "not built"}, {})
        line = all_goals(judge, 7)[0].line()
        self.assertIn("falls short", line)
        self.assertIn("boost_intrusive_ptr not built", line)

    def test_an_operation_that_does_not_exist_is_named(self):
        judge = Judge(Measurements([]), NAMES, {}, {"ouro": ["W1/one"]})
        self.assertIn("ouro does not offer W1/look", all_goals(judge, 7)[0].line())
        self.assertIn("ouro W1/one not measured", all_goals(judge, 7)[0].line())

    def test_the_bars(self):
        """Every bar of the goals, so that none is changed unseen."""
        goals = all_goals(Judge(Measurements([]), NAMES, {}, {}), 7)
        bars = [re.sub(r"\.0$", "", figure.bar) for goal in goals for figure in goal.figures]
        self.assertEqual(bars[:6], ["<= 0.45", "<= 1", "<= 1", "<= 1", "<= 0.25", "<= 0.25"])
        self.assertEqual(bars[6:9], [">= 1.3", ">= 1.5", "<= 3"])
        self.assertEqual(bars[9:14], ["<= 1", "<= 0.45", "<= 1", "<= 0.45", "<= 0.6"])
        self.assertEqual(bars[15:20], ["<= 60", "<= 0.75", "<= 0.35", "<= 1.2", "<= 4"])
        self.assertEqual(bars[20:24], [">= 1.3", ">= 1.2", "<= 1.5", "<= 1.5"])
        self.assertEqual([len(goal.figures) for goal in goals], [6, 3, 6, 5, 4, 20, 5, 17, 2])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
