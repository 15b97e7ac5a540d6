#!/usr/bin/env python3
"""tools/check_models.py must notice each end of a link that is gone, and SPIN's verdicts must be
read as they are meant (tools/dev/models.py)."""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "dev")]
from check_models import check  # noqa: E402
from models import read_checks, read_output  # noqa: E402

MODEL = "/* A model.\n * Code: heap/a.cc f\n * Code: heap/a.cc g\n */\n"
SOURCE = (
    "// Does it.\n// Model: models/m.pml\nvoid A::f(int) {}\n\n"
    "    /// Model: models/m.pml\n    bool g() const { return h(); }\n"
)


class CheckModels(unittest.TestCase):
    def problems(self, model: str, source: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in (("models/m.pml", model), ("heap/a.cc", source)):
                (root / name).parent.mkdir()
                (root / name).write_text(text, encoding="utf-8")
            return check(root)

    def finds(self, model: str, source: str, what: str) -> None:
        problems = self.problems(model, source)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(what, problems[0])

    def test_complete_links_are_accepted(self) -> None:
        self.assertEqual(self.problems(MODEL, SOURCE), [])

    def test_template_may_stand_between(self) -> None:
        template = SOURCE.replace("void A::f", "template <class T>\nvoid A::f")
        self.assertEqual(self.problems(MODEL, template), [])

    def test_code_that_lost_its_link(self) -> None:
        self.finds(MODEL, SOURCE.replace("// Model: models/m.pml\nvoid", "void"), "above f()")

    def test_code_that_was_renamed(self) -> None:
        problems = self.problems(MODEL, SOURCE.replace("A::f", "A::other"))
        self.assertEqual(len(problems), 2, problems)

    def test_link_that_slipped_off_its_function(self) -> None:
        slipped = SOURCE.replace("m.pml\nvoid A::f", "m.pml\n\nvoid A::f")
        self.assertTrue(any("no function behind" in p for p in self.problems(MODEL, slipped)))

    def test_model_that_lost_its_link(self) -> None:
        self.finds(MODEL.replace(" * Code: heap/a.cc g\n", ""), SOURCE, "no `Code: heap/a.cc g`")

    def test_model_without_links_and_bad_line(self) -> None:
        self.finds("/* A model. */\n", "int a;\n", "names no code")
        self.finds(MODEL + " * Code: heap/a.cc\n", SOURCE, "not `Code: FILE FUNCTION`")

    def test_model_that_is_gone(self) -> None:
        self.finds(MODEL, SOURCE + "// Model: models/gone.pml\nvoid h();\n", "models/gone.pml")


class RunModels(unittest.TestCase):
    def test_checks_are_read(self) -> None:
        text = " * Check: correct holds small -DM=2 -DX\n * Check: broken fails large\n"
        first, second = read_checks("m.pml", text)
        self.assertEqual(first.switches, ["-DM=2", "-DX"])
        self.assertEqual((second.variant, second.expected), ("broken", "fails"))
        self.assertEqual(second.size, "large")
        with self.assertRaises(ValueError):
            read_checks("m.pml", " * Check: correct perhaps small\n")

    def test_verdicts(self) -> None:
        end = "State-vector 36 byte, depth reached 5, errors: %d\n      16 states, stored\n"
        self.assertEqual(read_output(end % 0).verdict, "holds")
        self.assertEqual(read_output(end % 0).states, 16)
        self.assertEqual(read_output("pan:1: assertion violated x\n" + end % 1).verdict, "fails")
        self.assertEqual(read_output("pan:1: invalid end state\n" + end % 1).verdict, "other error")
        self.assertEqual(
            read_output("Warning: Search not completed\n" + end % 0).verdict, "incomplete"
        )
        self.assertEqual(
            read_output("error: max search depth too small\n" + end % 0).verdict, "incomplete"
        )
        self.assertEqual(read_output("").verdict, "no result")


if __name__ == "__main__":
    unittest.main()
