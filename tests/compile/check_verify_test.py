#!/usr/bin/env python3
"""tools/check_verify.py must see the sentences of verify() however they are broken into lines."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from check_verify import sentences  # noqa: E402


class CheckVerify(unittest.TestCase):
    def test_sentences_that_are_returned_reported_named_or_chosen(self) -> None:
        for text in (
            'return "C1: a size";',
            'return is_good() ? nullptr\n                 : "C1: a size";',
            'report(\n    "C1: a size", header);',
            'found_ = {"C1: a size"};',
            'constexpr const char* kBroken = "C1: a size";',
        ):
            self.assertEqual(sentences(text), {"C1: a size"}, text)

    def test_other_literals_are_none(self) -> None:
        self.assertEqual(sentences('append(" <- [");\nreturn "word";\n#include "a b.h"'), set())


if __name__ == "__main__":
    unittest.main()
