#!/usr/bin/env python3
"""check_semantics.py must notice what docs/semantics.md leaves out and every wrong name in it."""

import json
import unittest
from collections.abc import Callable

from check_semantics import (
    CASES,
    CLAIMS,
    GENERATION_CASES,
    check_text,
    check_tour,
    claims_of,
    tags_of,
)

TESTS = {"Counts.are_exact"}
SCRIPTS = {"rc-simple", "gen-old"}
HEADERS = "class Collector { void collect(); };"


def claim(number: int) -> str:
    return f"| {number} | words | B | 2 [{number}] | `rc-simple` | A |\n"


def case(number: int) -> str:
    return f"| {number} | words | `Counts.are_exact` | A |\n"


def generation_case(number: int) -> str:
    return f"| {number} | words | `Counts.are_exact`, `gen-old` |\n"


def document() -> str:
    """A text without a mistake."""
    return (
        "# A title\n\n## The claims\n\n| claim | says | kind | tour | script | |\n| --- | --- |\n"
        + "".join(claim(number) for number in range(1, CLAIMS + 1))
        + "\n## The cases\n\n"
        + "".join(case(number) for number in range(1, CASES + 1))
        + "\n## Differences\n\n### A. Counts\nWords.\n\n## Where generations matter\n\n"
        + "".join(generation_case(136 + number) for number in range(GENERATION_CASES))
        + "\n## gc and weakref in Ouro\n\n"
        + "| `gc.collect` | `Collector::collect` | words | `rc-simple` |\n"
        "\n## The rules behind the names\n\n| rule | here | shown by |\n"
        "| it holds | too | `gen-old` |\n"
    )


def tour(change: Callable[[list[dict]], None] = lambda values: None) -> str:
    """What the program prints about that text, changed."""
    values = [
        {"document": 2, "cell": f"In [{number}]", "label": "", "got": "1", "claims": [number]}
        for number in range(1, CLAIMS + 1)
    ]
    change(values)
    return json.dumps({"values": values})


class CheckSemantics(unittest.TestCase):
    def problems(self, old: str = "", new: str = "") -> list[str]:
        """Of the text with one place changed."""
        self.assertIn(old, document())
        return check_text(document().replace(old, new, 1), TESTS, SCRIPTS, HEADERS)

    def tour_problems(self, change: Callable[[list[dict]], None], text: str = "") -> list[str]:
        return list(check_tour(claims_of(text or document()), tags_of(tour(change))))

    def test_a_complete_text_is_accepted(self) -> None:
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.tour_problems(lambda values: None), [])

    def test_a_missing_claim_is_found(self) -> None:
        self.assertEqual(self.problems(claim(34)), ["claim 34 is missing"])
        nothing = check_text("# A title\n", TESTS, SCRIPTS, HEADERS)
        self.assertEqual(len(nothing), CLAIMS + CASES + 2)

    def test_a_claim_too_many_is_found(self) -> None:
        twice = self.problems(claim(34), claim(34) * 2)
        self.assertEqual(twice, ["claim 34 is listed twice or does not exist"])
        beyond = self.problems(claim(84), claim(84) + claim(85))
        self.assertEqual(beyond, ["claim 85 is listed twice or does not exist"])

    def test_claims_out_of_order_are_found(self) -> None:
        problems = self.problems(claim(3) + claim(4), claim(4) + claim(3))
        self.assertEqual(problems, ["the claims are not in their order"])

    def test_a_wrong_kind_is_found(self) -> None:
        row = claim(5)
        self.assertIn("neither", self.problems(row, row.replace("| B |", "| behaviour |"))[0])

    def test_a_claim_that_nothing_shows_is_found(self) -> None:
        row = claim(5)
        behaviour = row.replace("2 [5]", "")
        self.assertEqual(self.problems(row, behaviour), ["claim 5 names no cell of the tour"])
        statement = behaviour.replace("| B |", "| S |")
        self.assertEqual(self.problems(row, statement), [])
        silent = statement.replace("`rc-simple`", "")
        self.assertEqual(self.problems(row, silent), ["claim 5 names nothing that shows it"])

    def test_a_wrong_test_is_found(self) -> None:
        problems = self.problems("`Counts.are_exact`", "`Counts.are_inexact`")
        self.assertEqual(problems, ["there is no test Counts.are_inexact"])

    def test_a_wrong_script_is_found(self) -> None:
        problems = self.problems("`rc-simple`", "`rc-simpler`")
        self.assertEqual(problems, ["there is no script rc-simpler"])

    def test_a_difference_that_is_not_explained_is_found(self) -> None:
        row = claim(5)
        problems = self.problems(row, row.replace("| A |", "| A B |"))
        self.assertEqual(problems, ["claim 5 differs by B, which is not explained"])

    def test_a_missing_case_about_generations_is_found(self) -> None:
        problems = self.problems(generation_case(140))
        self.assertEqual(problems, ["12 cases about generations, not 13"])
        silent = self.problems(generation_case(140), "| 140 | words | |\n")
        self.assertEqual(silent, ["case 140 about generations names nothing that shows it"])

    def test_a_missing_case_is_found(self) -> None:
        self.assertEqual(self.problems(case(17)), ["case 17 is missing"])
        silent = self.problems(case(17), "| 17 | words | | |\n")
        self.assertEqual(silent, ["case 17 names nothing that shows it"])
        unexplained = self.problems(case(17), case(17).replace("| A |", "| B |"))
        self.assertEqual(unexplained, ["case 17 differs by B, which is not explained"])

    def test_a_name_that_no_header_has_is_found(self) -> None:
        problems = self.problems("`Collector::collect`", "`Collector::gather`")
        self.assertEqual(problems, ["no header has the name gather of `Collector::gather`"])

    def test_a_name_that_nothing_shows_is_found(self) -> None:
        problems = self.problems("| words | `rc-simple` |", "| words | |")
        self.assertEqual(problems, ["nothing shows `Collector::collect`"])

    def test_a_rule_that_nothing_shows_is_found(self) -> None:
        problems = self.problems("| too | `gen-old` |", "| too | |")
        self.assertEqual(problems, ["nothing shows that it holds"])

    def test_a_cell_that_does_not_show_its_claim_is_found(self) -> None:
        text = document().replace("2 [34]", "2 [35]")
        problems = self.tour_problems(lambda values: None, text)
        self.assertEqual(problems, ["claim 34 is not shown by document 2, In [35]"])
        text = document().replace("2 [34]", "4 In")
        problems = self.tour_problems(lambda values: None, text)
        self.assertEqual(problems, ["claim 34 is not shown by document 4, In"])

    def test_a_claim_that_the_tour_leaves_out_is_found(self) -> None:
        def forget(values: list[dict]) -> None:
            values[33]["claims"] = []

        problems = self.tour_problems(forget)
        self.assertIn("the tour does not show claim 34", problems)
        statement = document().replace(
            claim(34), "| 34 | words | S | | `rc-simple` | A |\n"
        )
        self.assertEqual(self.tour_problems(forget, statement), [])

    def test_a_claim_that_is_not_listed_is_found(self) -> None:
        def add(values: list[dict]) -> None:
            values[33]["claims"] = [34, 85]

        problems = self.tour_problems(add)
        self.assertEqual(problems, ["the tour shows claim 85, which is not listed"])


if __name__ == "__main__":
    unittest.main()
