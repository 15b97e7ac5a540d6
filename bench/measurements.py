"""What the contestants' programs have reported, and what is computed from it."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Run:
    """One run of one contestant's program."""

    contestant: str
    case: str
    repetition: int
    figures: dict = field(default_factory=dict)
    error: str = ""


@dataclass
class Spread:
    """The median of some values, with the least and the greatest."""

    median: float
    least: float
    greatest: float

    @staticmethod
    def of(values: Iterable[float]) -> "Spread | None":
        values = list(values)
        return Spread(statistics.median(values), min(values), max(values)) if values else None


class Measurements:
    """All runs, asked by contestant, case and the figure's name."""

    def __init__(self, runs: list[Run]):
        self.runs = runs
        self._by_key: dict[tuple[str, str], dict[int, Run]] = {}
        for run in runs:
            self._by_key.setdefault((run.contestant, run.case), {})[run.repetition] = run

    def of(self, contestant: str, case: str) -> dict[int, Run]:
        return self._by_key.get((contestant, case), {})

    def values(self, contestant: str, case: str, name: str) -> dict[int, float]:
        """The figure of every repetition that has it."""
        return {
            repetition: run.figures[name]
            for repetition, run in self.of(contestant, case).items()
            if name in run.figures
        }

    def spread(self, contestant: str, case: str, name: str) -> Spread | None:
        return Spread.of(self.values(contestant, case, name).values())

    def median(self, contestant: str, case: str, name: str) -> float | None:
        spread = self.spread(contestant, case, name)
        return spread.median if spread else None

    def ratio(
        self, over: tuple[str, str, str], under: tuple[str, str, str]
    ) -> Spread | None:
        """The ratio of two figures, each (contestant, case, name), taken within each repetition:
        what the machine does to one repetition it does to both."""
        above, below = self.values(*over), self.values(*under)
        return Spread.of(
            above[repetition] / below[repetition]
            for repetition in above
            if below.get(repetition, 0) > 0
        )

    def why_missing(self, contestant: str, case: str) -> str:
        """Why there is no figure: what went wrong in the runs, or that there was none."""
        errors = [run.error for run in self.of(contestant, case).values() if run.error]
        return errors[0] if errors else "not measured"
