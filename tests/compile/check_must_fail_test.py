#!/usr/bin/env python3
"""check_must_fail.py must tell a snippet that fails as stated from every other kind."""

import os
import tempfile
import unittest
from pathlib import Path

from check_must_fail import check

COMPILER = [os.environ.get("CXX") or "c++", "-std=c++20"]


class CheckMustFail(unittest.TestCase):
    def check(self, text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            snippet = Path(folder, "snippet.cc")
            snippet.write_text(text, encoding="utf-8")
            return check(snippet, COMPILER)

    def test_snippet_that_fails_as_stated_is_accepted(self) -> None:
        self.assertEqual(self.check("// expect: no_such_name\nint x = no_such_name;\n"), "")

    def test_snippet_that_compiles_is_refused(self) -> None:
        self.assertIn("compiles, but", self.check("// expect: anything\nint x = 0;\n"))

    def test_snippet_that_fails_otherwise_is_refused(self) -> None:
        problem = self.check("// expect: private\nint x = no_such_name;\n")
        self.assertIn("not with /private/", problem)

    def test_snippet_without_expectation_is_refused(self) -> None:
        self.assertIn("states no", self.check("int x = no_such_name;\n"))

    def test_guarded_snippet_that_fails_as_stated_is_accepted(self) -> None:
        text = "// expect: no_such_name\n#ifdef OURO_MUST_FAIL\nint x = no_such_name;\n#endif\n"
        self.assertEqual(self.check(text), "")

    def test_guarded_snippet_that_fails_without_the_switch_is_refused(self) -> None:
        text = "// expect: no_such_name\nint x = no_such_name;\n#ifdef OURO_MUST_FAIL\n#endif\n"
        self.assertIn("without -DOURO_MUST_FAIL", self.check(text))


if __name__ == "__main__":
    unittest.main()
