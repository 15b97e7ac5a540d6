#!/usr/bin/env python3
"""tools/memory_order.py must notice an operation without order, comment or kind, and a document
that is not what the code says."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from memory_order import document, operations  # noqa: E402

CLEAN = """void A::f(int x) {
    // order: acq_rel; a count change
    // like any other.
    header->word.fetch_add(1, memory_order_acq_rel);
    // order: acquire; above.
    slot.load(OURO_ORDER(memory_order_acquire, load_relaxed, memory_order_relaxed));
}
"""
MUTANTS = 'X(load_relaxed, "hand", "order: counted load relaxed")\n'


class MemoryOrder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        for name in ("heap", "docs", "platform"):
            (self.root / name).mkdir()
        (self.root / "platform/mutant_list.h").write_text(MUTANTS)
        (self.root / "docs/memory_order.md").write_text("# Head\n")

    def rows(self, text: str) -> tuple[list, list]:
        path = self.root / "heap/a.cc"
        path.write_text(text)
        problems: list[str] = []
        return operations(self.root, path, problems), problems

    def test_rows_say_order_partner_and_mutant(self) -> None:
        rows, problems = self.rows(CLEAN)
        self.assertEqual(problems, [])
        comment = "acq_rel; a count change like any other."
        self.assertEqual(rows[0][1:5], ("f", "header->word.fetch_add", "acq_rel", comment))
        self.assertIn("release_not_acquire", rows[0][5])
        self.assertEqual((rows[1][3], rows[1][5]), ("acquire", "`load_relaxed`"))

    def test_operation_without_order(self) -> None:
        _, problems = self.rows(CLEAN.replace("(1, memory_order_acq_rel)", "(1)"))
        self.assertEqual(len(problems), 1)
        self.assertIn("heap/a.cc:4: no explicit order", problems[0])

    def test_operation_without_comment(self) -> None:
        _, problems = self.rows("void f() {\n    word.load(memory_order_acquire);\n}\n")
        self.assertTrue(any("no `// order:` comment" in problem for problem in problems))

    def test_operation_without_mutant_and_kind(self) -> None:
        load = "x.load(memory_order_acquire);"
        _, problems = self.rows("void f() {\n    // order: why\n    " + load + "\n}\n")
        self.assertTrue(any("no mutant and no kind" in problem for problem in problems))

    def test_document_follows_the_code(self) -> None:
        self.rows(CLEAN)
        first = document(self.root, [])
        self.assertTrue(first.startswith("# Head\n\n| file"))
        self.assertIn("2 operations.", first)
        self.assertIn("| `load_relaxed` | counted load relaxed | `hand` |", first)
        (self.root / "docs/memory_order.md").write_text(first)
        self.assertEqual(document(self.root, []), first)
        self.rows(CLEAN.replace("slot.load(", "slot.exchange(1, "))
        self.assertNotEqual(document(self.root, []), first)


if __name__ == "__main__":
    unittest.main()
