"""Tables of the measurements, in Markdown."""

from goals import SHAPES, Goal
from measurements import Measurements

MIB = 1 << 20
DASH = "-"


def number(value: float | None, digits: int = 3) -> str:
    return DASH if value is None else f"{value:.{digits}g}"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def goal_table(goals: list[Goal]) -> str:
    """Every figure of every goal."""
    rows = [
        [
            f"{goal.number}: {figure.name}",
            figure.why or f"{number(figure.value)}{figure.spread}",
            figure.bar,
            "yes" if figure.met else "no",
        ]
        for goal in goals
        for figure in goal.figures
    ]
    return table(["goal: figure", "value", "bar", "met"], rows)


class Tables:
    def __init__(self, measurements: Measurements, names: dict[str, str]):
        self.of = measurements
        self.names = names

    def cell(self, contestant: str, case: str, name: str, scale: float = 1) -> str:
        """The median with its spread; what went wrong; or a dash."""
        runs = self.of.of(contestant, case)
        spread = self.of.spread(contestant, case, name)
        if spread is None:
            return next((run.error for run in runs.values() if run.error), DASH)
        low, high = number(spread.least * scale), number(spread.greatest * scale)
        middle = number(spread.median * scale)
        return middle if len(runs) == 1 else f"{middle} ({low} to {high})"

    def grid(self, title: str, columns: list[tuple]) -> str:
        """One row per contestant that has a figure; columns: (heading, case, name, scale)."""
        rows = []
        for contestant, called in self.names.items():
            cells = [self.cell(contestant, case, name, scale) for _, case, name, scale in columns]
            if any(cell != DASH for cell in cells):
                rows.append([called, *cells])
        if not rows:
            return ""
        return f"### {title}\n\n" + table(["contestant", *(c[0] for c in columns)], rows) + "\n"

    def ratios(self) -> str:
        """Ouro's time over each peer's, paired within repetitions, where both were measured."""
        works = (
            ("W1 one", "W1/one", "ns"),
            ("W1 same", "W1/same", "ns"),
            ("W1 separate", "W1/separate", "ns"),
            ("W2", "W2/cycles", "ns"),
            ("W2 processor", "W2/cycles", "cpu_ns"),
            ("W3 tree", "W3/tree", "ns"),
            ("W3 parents", "W3/parents", "ns"),
            ("W4 r", "W4/r", "ns"),
            ("W5 counted", "W5/counted", "ns"),
            ("A replace", "A/replace", "ns"),
            ("A lifo", "A/lifo", "ns"),
            ("A pass", "A/pass", "ns"),
        )
        rows = []
        for contestant, called in self.names.items():
            if contestant == "ouro":
                continue
            cells = []
            for _, case, name in works:
                spread = self.of.ratio(("ouro", case, name), (contestant, case, name))
                cells.append(number(spread.median) if spread else DASH)
            if any(cell != DASH for cell in cells):
                rows.append([called, *cells])
        if not rows:
            return ""
        heading = "### Ouro's time over the peer's (below 1: Ouro is faster)\n\n"
        return heading + table(["peer", *(work[0] for work in works)], rows) + "\n"

    def growth(self) -> str:
        rows = []
        for shape in (*SHAPES, "live"):
            for kind, case, contestant, name in (
                ("collector, ns", f"G/{shape}", "ouro", "ns"),
                ("traversal, ns", f"G/{shape}", "floor", "ns"),
                ("collector, instructions", f"I/{shape}", "ouro", "instructions"),
            ):
                cells = [
                    number(self.of.median(contestant, f"{case}/{decade}", name))
                    for decade in range(3, 8)
                ]
                if any(cell != DASH for cell in cells):
                    rows.append([f"{shape}: {kind}", *cells])
        if not rows:
            return ""
        heading = (
            "### G, I: for one garbage object or reference (live: for one garbage object), by the "
            "size of the graph (of the live heap)\n\n"
        )
        return heading + table(["", *(f"10^{decade}" for decade in range(3, 8))], rows) + "\n"

    def all(self) -> str:
        parts = [
            self.ratios(),
            self.grid(
                "W1: ns of processor time for a copy and its release",
                [(case, f"W1/{case}", "ns", 1)
                 for case in ("one", "same", "separate", "move", "look")]
                + [("threads at a time in `same`", "W1/same", "parallel", 1)],
            ),
            self.grid(
                "W2: two-object cycles",
                [
                    ("ns", "W2/cycles", "ns", 1),
                    ("ns of processor time", "W2/cycles", "cpu_ns", 1),
                    ("peak over start, MiB", "W2/cycles", "peak_over_start", 1 / MIB),
                    ("resident over start, MiB", "W2/cycles", "resident_over_start", 1 / MIB),
                ],
            ),
            self.grid(
                "W3: trees, ns a node",
                [
                    ("tree", "W3/tree", "ns", 1),
                    ("tree, processor", "W3/tree", "cpu_ns", 1),
                    ("with parents", "W3/parents", "ns", 1),
                    ("with parents, processor", "W3/parents", "cpu_ns", 1),
                    ("live, MiB", "W3/parents", "live_bytes", 1 / MIB),
                    ("peak with parents, MiB", "W3/parents", "peak_over_start", 1 / MIB),
                ],
            ),
            *(self.pauses(variant) for variant in ("r", "dr", "fr", "tenth")),
            self.grid(
                "W5: ns of the reader's processor time for a read",
                [(case.replace("_", ", "), f"W5/{case}", "ns", 1)
                 for case in ("counted", "borrowed", "counted_quiet", "borrowed_quiet")]
                + [("ns for a write, beside counted", "W5/counted", "write_ns", 1)],
            ),
            self.grid(
                "W6: ns a node",
                [(case, f"W6/{case}", "ns", 1)
                 for case in ("single_8m", "single_64k", "double_8m", "double_64k")]
                + [("longest bounded release, us", "W6/bounded", "longest", 1e-3)],
            ),
            self.grid(
                "A: ns of processor time for a block",
                [(case, f"A/{case}", "ns", 1) for case in ("replace", "two", "lifo", "pass")]
                + [("pass, wall", "A/pass", "wall_ns", 1)],
            ),
            self.growth(),
            self.grid(
                "S: operations per microsecond, by threads",
                [(str(n), f"S/{n:02}", "per_us", 1) for n in (1, 2, 4, 8, 16)]
                + [(f"{n}: others' share", f"S/{n:02}", "others_share", 1)
                   for n in (1, 2, 4, 8, 16)],
            ),
        ]
        return "\n".join(part for part in parts if part)

    def pauses(self, variant: str) -> str:
        case = f"W4/{variant}"
        return self.grid(
            f"W4 {variant}: single operations",
            [
                ("ns on average", case, "ns", 1),
                ("p50", case, "p50", 1),
                ("p99", case, "p99", 1),
                ("p99.9", case, "p999", 1),
                ("p99.99", case, "p9999", 1),
                ("longest, us", case, "longest", 1e-3),
                ("time over 1 ms, %", case, "long_share", 100),
                ("live, MiB", case, "live_bytes", 1 / MIB),
                ("peak, MiB", case, "peak_bytes", 1 / MIB),
                ("other threads' share", case, "others_share", 1),
            ],
        )
