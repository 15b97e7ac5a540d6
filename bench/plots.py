"""Plots as SVG, written by hand: lines over a logarithmic x, with a legend."""

import math
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from goals import SHAPES
from measurements import Measurements

COLOURS = ("#0b5fa5", "#c4461f", "#2f7d32", "#7b3fa0", "#a87900", "#00838f", "#ad1457", "#555555")
WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 44, 56


@dataclass
class Line:
    name: str
    points: list[tuple[float, float]]
    dashed: bool = False
    colour: str = ""
    labels: tuple[str, ...] = ()  # of the points, in the order of x


def decades(low: float, high: float) -> list[float]:
    return [10.0**k for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def short(value: float) -> str:
    if value >= 10_000:
        return f"10^{round(math.log10(value))}"
    return f"{value:g}"


class Axis:
    """Values to positions: logarithmic, or linear from zero."""

    def __init__(self, values: list[float], start: float, end: float, logarithmic: bool):
        self.logarithmic = logarithmic
        self.start, self.end = start, end
        positive = [value for value in values if value > 0] or [1.0]
        if logarithmic:
            self.ticks = decades(min(positive), max(positive))
            if len(self.ticks) == 1:
                self.ticks.append(self.ticks[0] * 10)
        else:
            step = 10.0 ** math.floor(math.log10(max(positive)))
            while max(positive) / step < 4:
                step /= 2
            self.ticks = [step * k for k in range(math.ceil(max(positive) / step) + 1)]

    def at(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        if self.logarithmic:
            share = math.log(max(value, low) / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        return self.start + share * (self.end - self.start)


def text(x: float, y: float, content: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(content)}</text>'


def frame(title: str, x_title: str, y_title: str) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 18 {middle})"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 24, title, "start", 'font-size="15" font-weight="bold"'),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_title),
        text(18, middle, y_title, "middle", turned),
    ]


def chart(
    title: str,
    x_title: str,
    y_title: str,
    lines: list[Line],
    x_ticks: list[tuple[float, str]],
    logarithmic_y: bool,
) -> str:
    out = frame(title, x_title, y_title)
    ys = [y for line in lines for _, y in line.points]
    y_axis = Axis(ys, HEIGHT - BOTTOM, TOP, logarithmic_y)
    xs = [x for x, _ in x_ticks]
    x_scale = (WIDTH - RIGHT - LEFT) / math.log(xs[-1] / xs[0])
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        out.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        )
        out.append(text(LEFT - 6, y + 4, short(tick), "end"))
    for value, label in x_ticks:
        out.append(text(LEFT + math.log(value / xs[0]) * x_scale, HEIGHT - BOTTOM + 18, label))
    for number, line in enumerate(lines):
        colour = line.colour or COLOURS[number % len(COLOURS)]
        dash = 'stroke-dasharray="5 4" ' if line.dashed else ""
        places = [
            (LEFT + math.log(x / xs[0]) * x_scale, y_axis.at(y)) for x, y in sorted(line.points)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        width = 3 if line.name.startswith("Ouro") else 1.6
        stroke = f'stroke="{colour}" {dash}stroke-width="{width}"'
        out.append(f'<polyline points="{path}" fill="none" {stroke}/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        out += [text(x, y - 9, label) for (x, y), label in zip(places, line.labels)]
        y = TOP + 10 + 18 * number
        x = WIDTH - RIGHT + 16
        out.append(f'<line x1="{x}" x2="{x + 26}" y1="{y}" y2="{y}" {stroke}/>')
        out.append(text(x + 32, y + 4, line.name, "start"))
    out.append("</svg>")
    return "\n".join(out) + "\n"


def scaling(of: Measurements, names: dict[str, str]) -> str | None:
    lines = []
    for contestant, called in names.items():
        points = [(n, of.median(contestant, f"S/{n:02}", "per_us")) for n in (1, 2, 4, 8, 16)]
        points = [(x, y) for x, y in points if y]
        if points:
            lines.append(Line(called, points))
        if points and contestant == "ouro":
            shares = [of.median(contestant, f"S/{x:02}", "others_share") for x, _ in points]
            lines[-1].labels = tuple(f"{100 * share:.0f} %" for share in shares)
    ticks = [(float(n), str(n)) for n in (1, 2, 4, 8, 16)]
    title = "Scaling: W4's operation, each thread on its own nodes (at Ouro: the collector's share)"
    if not lines:
        return None
    return chart(title, "threads", "operations per microsecond", lines, ticks, False)


def pauses(of: Measurements, names: dict[str, str], variant: str) -> str | None:
    """Percentiles over 1 / (1 - share), so that each nine is as wide as the one before."""
    shares = ((2.0, "p50", "p50"), (100.0, "p99", "p99"), (1e3, "p999", "p99.9"),
              (1e4, "p9999", "p99.99"), (1e5, "longest", "longest"))
    lines = []
    for contestant, called in names.items():
        points = []
        for x, name, _ in shares:
            spread = of.spread(contestant, f"W4/{variant}", name)
            if spread:
                value = spread.least if name == "longest" else spread.median
                points.append((x, max(value, 1.0)))
        if points:
            lines.append(Line(called, points))
    if not lines:
        return None
    ticks = [(x, label) for x, _, label in shares]
    title = f"W4 {variant}: duration of single operations beside a live heap"
    return chart(title, "percentile; longest: least of the repetitions'", "ns", lines, ticks, True)


def growth(of: Measurements) -> str | None:
    lines = []
    for number, shape in enumerate((*SHAPES, "live")):
        colour = COLOURS[number % len(COLOURS)] if shape != "live" else "#000000"
        for contestant, called, dashed in (("ouro", "Ouro", False), ("floor", "traversal", True)):
            points = [
                (10.0**d, of.median(contestant, f"G/{shape}/{d}", "ns")) for d in range(3, 8)
            ]
            points = [(x, y) for x, y in points if y]
            if points:
                lines.append(Line(f"{called}, {shape}", points, dashed, colour))
    if not lines:
        return None
    ticks = [(10.0**d, f"10^{d}") for d in range(3, 8)]
    title = "Growth: collecting garbage against one plain traversal of the same graph"
    return chart(
        title, "objects and references (live: objects of the live heap)",
        "ns for one of them (live: for one garbage object)", lines, ticks, True,
    )


def write_all(of: Measurements, names: dict[str, str], folder: Path) -> list[Path]:
    """Writes the plots for which there are figures; returns their paths."""
    plots = {"scaling": scaling(of, names), "growth": growth(of)}
    for variant in ("r", "dr", "fr"):
        plots[f"pauses_{variant}"] = pauses(of, names, variant)
    written = []
    for name, content in plots.items():
        if content is not None:
            path = folder / f"{name}.svg"
            path.write_text(content, encoding="utf-8")
            written.append(path)
    return written
