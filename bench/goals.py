"""The goals: what must be how fast against whom, in figures of one run.

A goal is met if all its figures are. A figure that could not be had (a peer that was not built, an
operation that Ouro does not have, a crash) is not met, and says why.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from measurements import Measurements

MIB = 1 << 20
SHAPES = ("ring", "list", "tree", "random2", "random4", "random8", "random16", "dense")
# Share of the region that caches of threads may hold: none is stated while there are no caches.
PARKED_SHARE_MAX = 1 / 16


@dataclass
class Figure:
    """One figure of a goal: its value against its bar."""

    name: str
    bar: str  # as in "<= 0.45"
    value: float | None
    why: str = ""  # if there is no value
    spread: str = ""

    @property
    def met(self) -> bool:
        if self.value is None:
            return False
        relation, limit = self.bar.split()
        return self.value <= float(limit) if relation == "<=" else self.value >= float(limit)

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}: {self.why}, bar {self.bar}"
        return f"{self.name} {self.value:.3g}{self.spread}, bar {self.bar}"


@dataclass
class Goal:
    number: int
    title: str
    figures: list[Figure]

    @property
    def met(self) -> bool:
        return all(figure.met for figure in self.figures)

    @property
    def measured(self) -> bool:
        return any(figure.value is not None for figure in self.figures)

    def line(self) -> str:
        """The verdict with all figures, or with those that are missed."""
        if not self.measured:
            reasons = "; ".join(dict.fromkeys(figure.why for figure in self.figures))
            return f"goal {self.number}: falls short (nothing measured: {reasons})"
        if self.met:
            return f"goal {self.number}: met ({'; '.join(map(str, self.figures))})"
        short = [figure for figure in self.figures if not figure.met]
        count = f"{len(short)} of {len(self.figures)} figures"
        return f"goal {self.number}: falls short ({count}: {'; '.join(map(str, short))})"


class Judge:
    """Makes figures from measurements."""

    def __init__(
        self,
        measurements: Measurements,
        names: dict[str, str],
        missing: dict[str, str],
        offers: dict[str, list[str]],
    ):
        """names: how contestants are called. missing: contestants that cannot run, and why.
        offers: the cases that the others take part in."""
        self.of = measurements
        self.names = names
        self.missing = missing
        self.offers = offers

    def why(self, *sources: tuple[str, str, str]) -> str:
        """Why there is no figure: what each source lacks."""
        reasons = [self.lack(*one) for one in sources if not self.of.values(*one)]
        return ", ".join(dict.fromkeys(reasons)) or "no repetition has both"

    def lack(self, contestant: str, case: str, name: str) -> str:
        called = self.names.get(contestant, contestant)
        if contestant in self.missing:
            return f"{called} {self.missing[contestant]}"
        if case not in self.offers.get(contestant, [case]):
            return f"{called} does not offer {case}"
        return f"{called} {case} {self.of.why_missing(contestant, case)}"

    def ratio(
        self, name: str, bar: str, over: tuple[str, str, str], under: tuple[str, str, str]
    ) -> Figure:
        spread = self.of.ratio(over, under)
        if spread is None:
            return Figure(name, bar, None, self.why(over, under))
        return Figure(
            name, bar, spread.median, spread=f" ({spread.least:.3g} to {spread.greatest:.3g})"
        )

    def value(
        self,
        name: str,
        bar: str,
        source: tuple[str, str, str],
        scale: float = 1,
        pick: Callable = lambda spread: spread.median,
    ) -> Figure:
        spread = self.of.spread(*source)
        if spread is None:
            return Figure(name, bar, None, self.why(source))
        return Figure(name, bar, pick(spread) * scale)

    def computed(
        self, name: str, bar: str, sources: list[tuple[str, str, str]], compute: Callable
    ) -> Figure:
        """compute(the medians of the sources)."""
        medians = [self.of.median(*source) for source in sources]
        if any(median is None for median in medians):
            return Figure(name, bar, None, self.why(*sources))
        return Figure(name, bar, compute(medians))


def ouro(case: str, name: str = "ns") -> tuple[str, str, str]:
    return "ouro", case, name


def copying(judge: Judge) -> Iterator[Figure]:
    shared, intrusive = "std_shared_ptr", "boost_intrusive_ptr"
    one, pair = ouro("W1/one"), (intrusive, "W1/one", "ns")
    yield judge.ratio("one thread / shared_ptr", "<= 0.45", one, (shared, "W1/one", "ns"))
    yield judge.ratio("one thread / intrusive_ptr", "<= 1.0", one, pair)
    for case in ("same", "separate"):
        peer = (intrusive, f"W1/{case}", "ns")
        yield judge.ratio(
            f"two threads, {case} / intrusive_ptr", "<= 1.0", ouro(f"W1/{case}"), peer
        )
    yield judge.ratio("move / intrusive_ptr's copy", "<= 0.25", ouro("W1/move"), pair)
    yield judge.ratio("borrowed look / intrusive_ptr's copy", "<= 0.25", ouro("W1/look"), pair)


def field_reads(judge: Judge) -> Iterator[Figure]:
    boost = ("boost_atomic_shared_ptr", "W5/counted", "ns")
    counted, borrowed = ouro("W5/counted"), ouro("W5/borrowed")
    yield judge.ratio("counted, times boost's rate", ">= 1.3", boost, counted)
    yield judge.ratio("borrowed, times the counted rate", ">= 1.5", counted, borrowed)
    plain = ("floor", "W5/borrowed_quiet", "ns")
    yield judge.ratio("borrowed / plain load, no writer", "<= 3", ouro("W5/borrowed_quiet"), plain)


def blocks(judge: Judge) -> Iterator[Figure]:
    for case in ("replace", "lifo"):
        for peer, bar in (("mimalloc", "<= 1.0"), ("glibc", "<= 0.45")):
            yield judge.ratio(
                f"{case} / {peer}", bar, ouro(f"A/{case}"), (peer, f"A/{case}", "ns")
            )
    yield judge.ratio("pass / glibc", "<= 0.6", ouro("A/pass"), ("glibc", "A/pass", "ns"))
    share = ouro("A/two", "parked_share")
    yield judge.value("share of the region in caches", f"<= {PARKED_SHARE_MAX}", share)


def cycles(judge: Judge) -> Iterator[Figure]:
    mine, nim, python = ouro("W2/cycles"), "nim_orc", "python"
    yield judge.value("ns", "<= 60", mine)
    yield judge.ratio("time / Nim ORC", "<= 0.75", mine, (nim, "W2/cycles", "ns"))
    yield judge.ratio("time / CPython", "<= 0.35", mine, (python, "W2/cycles", "ns"))
    cpu = "cpu_ns"
    yield judge.ratio(
        "processor time / Nim ORC", "<= 1.2", ouro("W2/cycles", cpu), (nim, "W2/cycles", cpu)
    )
    peak = ouro("W2/cycles", "peak_over_start")
    yield judge.value("MiB over the start", "<= 4", peak, scale=1 / MIB)


def trees(judge: Judge) -> Iterator[Figure]:
    peer = ("boost_intrusive_ptr", "W3/tree", "cpu_ns")
    mine = ouro("W3/tree", "cpu_ns")
    yield judge.ratio("trees, times intrusive_ptr's rate", ">= 1.3", peer, mine)
    yield judge.ratio(
        "with parents, times Boehm's rate", ">= 1.2", ("boehm", "W3/parents", "ns"),
        ouro("W3/parents"),
    )
    for case in ("tree", "parents"):
        peak, live = ouro(f"W3/{case}", "peak_over_start"), ouro(f"W3/{case}", "live_bytes")
        yield judge.ratio(f"{case}: peak / live", "<= 1.5", peak, live)


def long_share(judge: Judge, variant: str, case: str, floor_case: str) -> Figure:
    name = f"{variant} share of time over 1 ms"
    floor = judge.of.median("floor", floor_case, "long_share")
    if floor is None:
        return Figure(name, "<= the floor's", None, judge.why(("floor", floor_case, "long_share")))
    return judge.value(name, f"<= {floor:.4g}", ouro(case, "long_share"))


def longest(judge: Judge, variant: str, case: str, floor_case: str) -> Figure:
    """The least of the repetitions' longest, so that other programs weigh as little as can be."""
    name, bar = f"{variant} longest / floor", "<= 2"
    mine = judge.of.spread("ouro", case, "longest")
    floor = judge.of.spread("floor", floor_case, "longest")
    if mine is None or floor is None:
        sources = (ouro(case, "longest"), ("floor", floor_case, "longest"))
        return Figure(name, bar, None, judge.why(*sources))
    return Figure(name, bar, mine.least / floor.least)


def pauses(judge: Judge) -> Iterator[Figure]:
    for variant in ("r", "dr", "fr"):
        case = f"W4/{variant}"
        same = "W4/r" if variant == "fr" else case  # nobody forces malloc
        for name, called in (("p999", "p99.9"), ("p9999", "p99.99")):
            floor = ("floor", same, name)
            yield judge.ratio(f"{variant} {called} / floor", "<= 1.5", ouro(case, name), floor)
        yield long_share(judge, variant, case, same)
        yield longest(judge, variant, case, same)
        peer = ("boost_intrusive_ptr", same, "ns")
        yield judge.ratio(f"{variant} times intrusive_ptr's rate", ">= 0.8", peer, ouro(case))
    yield judge.ratio("dr / r", "<= 1.2", ouro("W4/dr"), ouro("W4/r"))
    for variant in ("r", "dr", "fr", "tenth"):
        sources = [ouro(f"W4/{variant}", "peak_bytes"), ouro(f"W4/{variant}", "live_bytes")]
        yield judge.computed(
            f"{variant} (peak - 4 MiB) / live", "<= 1.1", sources, lambda m: (m[0] - 4 * MIB) / m[1]
        )


def lists(judge: Judge) -> Iterator[Figure]:
    for case in ("single_8m", "single_64k", "double_8m", "double_64k"):
        yield judge.value(f"{case} ns a node", "<= 25", ouro(f"W6/{case}"))
    yield judge.value(
        "longest bounded release, us", "<= 20", ouro("W6/bounded", "longest"), scale=1e-3,
        pick=lambda spread: spread.least,
    )


def growth(judge: Judge, decades: int) -> Iterator[Figure]:
    """decades: the greatest power of ten that was measured."""

    def flatness(medians):
        return max(medians) / min(medians)

    for shape in SHAPES:
        counted = [ouro(f"I/{shape}/{d}", "instructions") for d in range(3, min(decades, 6) + 1)]
        yield judge.computed(f"{shape} instructions, most / least", "<= 1.1", counted, flatness)
    for shape in SHAPES:
        worst = None
        for decade in range(3, decades + 1):
            case = f"G/{shape}/{decade}"
            name = f"{shape} time / traversal, worst size"
            one = judge.ratio(name, "<= 1.5", ouro(case), ("floor", case, "ns"))
            if worst is None or one.value is None or one.value > (worst.value or 0):
                worst = one
            if one.value is None:
                break
        yield worst
    live = [ouro(f"G/live/{d}") for d in range(4, max(decades, 4) + 1)]
    yield judge.computed("beside a live heap, most / least", "<= 1.5", live, flatness)


def scaling(judge: Judge) -> Iterator[Figure]:
    sources = [ouro(f"S/{n:02}", "per_us") for n in (1, 2, 4, 8, 16)]
    yield judge.computed(
        "16 threads / best", ">= 0.8", sources, lambda medians: medians[-1] / max(medians)
    )
    # The same from processor time: where other programs run, more threads get more of the machine.
    sources = [ouro(f"S/{n:02}", "cpu_ns") for n in (1, 2, 4, 8, 16)]
    yield judge.computed(
        "by processor time", ">= 0.8", sources, lambda medians: min(medians) / medians[-1]
    )


def all_goals(judge: Judge, decades: int) -> list[Goal]:
    parts = (
        ("copy and release (W1)", copying(judge)),
        ("field read (W5)", field_reads(judge)),
        ("allocate and free (A)", blocks(judge)),
        ("cycles (W2)", cycles(judge)),
        ("trees (W3)", trees(judge)),
        ("pauses (W4)", pauses(judge)),
        ("lists (W6)", lists(judge)),
        ("growth (G, I)", growth(judge, decades)),
        ("scaling (S)", scaling(judge)),
    )
    return [Goal(n, title, list(figures)) for n, (title, figures) in enumerate(parts, 1)]
