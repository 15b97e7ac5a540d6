#!/usr/bin/env python3
"""check_readme.py must notice every way in which README.md and the example can part."""

import unittest

from check_readme import check_output, check_text

PROGRAM = 'int main() {\n    std::printf("%d objects\\n", 2);  // 2 objects\n}\n'
README = f"# A title\n\n```cpp\nint part;\n```\n\n```cpp\n{PROGRAM}```\n"


class CheckReadme(unittest.TestCase):
    def test_same_text_is_accepted(self) -> None:
        self.assertEqual(check_text(README, PROGRAM), "")

    def test_another_text_is_refused(self) -> None:
        self.assertIn("is not", check_text(README, PROGRAM.replace("2);", "3);")))
        self.assertIn("is not", check_text(README, "// A comment.\n" + PROGRAM))

    def test_readme_without_program_is_refused(self) -> None:
        self.assertIn("no program", check_text("# A title\n", PROGRAM))

    def test_program_without_promise_is_refused(self) -> None:
        silent = PROGRAM.replace("  // 2 objects", "")
        self.assertIn("does not say", check_text(README.replace(PROGRAM, silent), silent))

    def test_output_is_compared(self) -> None:
        self.assertEqual(check_output(README, "2 objects\n"), "")
        self.assertIn("prints '3 objects", check_output(README, "3 objects\n"))
        self.assertIn("prints", check_output(README, "2 objects"))


if __name__ == "__main__":
    unittest.main()
