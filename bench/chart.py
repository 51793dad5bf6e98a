"""Charts of the benches' figures, as SVG that stands by itself in light and in dark.

    python -m bench.append --json > append.json
    python -m bench.history FOLDER --json > history.json
    python -m bench.flat FOLDER --json > flat.json
    python -m bench.chart docs/figures append.json history.json flat.json

What a file holds tells which chart it makes: appends against the number of callers, each peer a
line; rates and times against the number of events in the ledger. Both axes are logarithmic, so the
same ratio is the same distance everywhere. The medians of the rounds are drawn.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from statistics import median
from typing import Any

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 290, 60, 55
# Okabe and Ito's colours, which people who see colours differently tell apart.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
    "#56b4e9", "#7f7f7f", "#8c564b", "#6a51a3", "#1b7837",
)  # fmt: skip
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.t{font-size:15px;font-weight:600}"
    ".g{stroke:#ddd}.b{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}"
    ".g{stroke:#444}.b{fill:#111}}"
)
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis between two ends on the page."""

    title: str
    low: float
    high: float
    begins: float
    ends: float

    def at(self, value: float) -> float:
        """Where on the page a value lies."""
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.begins + share * (self.ends - self.begins)


def axis(title: str, values: Sequence[float], begins: float, ends: float) -> Axis:
    """An axis that holds all values, from a power of ten to another."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return Axis(title, low, max(high, low + 1), begins, ends)


def chart(title: str, across: str, up: str, lines: dict[str, Points]) -> str:
    """Lines through points, named at their ends. Values are above 0."""
    points = [each for line in lines.values() for each in line]
    x = axis(across, [at for at, _ in points], LEFT, WIDTH - RIGHT)
    y = axis(up, [value for _, value in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="b" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="t" x="{LEFT}" y="26">{escape(title)}</text>',
        *_grid(x, y, sorted({at for at, _ in points})),
    ]
    ends = _apart({name: y.at(line[-1][1]) for name, line in lines.items()})
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x.at(at):.1f},{y.at(value):.1f}" for at, value in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x.at(at):.1f}" cy="{y.at(value):.1f}" r="3" fill="{colour}">'
            f"<title>{escape(name)}: {_said(value)}</title></circle>"
            for at, value in line
        ]
        named = f'<text x="{WIDTH - RIGHT + 12}" y="{ends[name] + 4:.1f}" style="fill:{colour}">'
        parts.append(f"{named}{escape(name)} {_said(line[-1][1])}</text>")
    return "\n".join([*parts, "</svg>", ""])


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _grid(x: Axis, y: Axis, across: Sequence[float]) -> list[str]:
    parts = []
    for power in range(int(y.low), int(y.high) + 1):
        at = y.at(10**power)
        parts.append(
            f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>'
        )
    for value in across:
        parts.append(
            f'<text x="{x.at(value):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{value:,.0f}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x.title)}</text>'
        f'<text x="{LEFT - 60}" y="{TOP - 10}">{escape(y.title)}</text>'
    )
    return parts


def _apart(ends: dict[str, float], gap: float = 15) -> dict[str, float]:
    """Where the names stand, each below the one above it."""
    found: dict[str, float] = {}
    last = float("-inf")
    for name, at in sorted(ends.items(), key=lambda each: each[1]):
        last = found[name] = max(at, last + gap)
    return found


def of_callers(told: dict[str, Any]) -> str:
    """What ``bench.append`` told."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for cell in told["cells"]:
        lines.setdefault(cell["peer"], []).append((cell["callers"], median(cell["per_second"])))
    return chart(
        "Durable appends of one event",
        "callers that wait for their answer",
        "a second",
        {name: sorted(line) for name, line in lines.items()},
    )


def of_sizes(told: dict[str, Any]) -> str:
    """What ``bench.flat`` told."""
    lines = {
        name: sorted((float(size), median(rates)) for size, rates in by_size.items())
        for name, by_size in told["per_second"].items()
    }
    return chart("The same rates as the ledger grows", "events in the ledger", "a second", lines)


def of_times(told: dict[str, Any]) -> str:
    """What ``bench.history`` told: questions about one teacher, and pages, which have a reader."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for size, rows in told.items():
        pages = sorted(row["p95_ms"] for name, row in rows.items() if ": " in name)
        found = {name: row["p95_ms"] for name, row in rows.items() if ": " not in name}
        found |= {"page, slowest filter": pages[-1], "page, middling filter": median(pages)}
        for name, value in found.items():
            lines.setdefault(name, []).append((float(size), value))
    return chart(
        "What a question takes as the ledger grows (p95)",
        "events in the ledger",
        "milliseconds",
        {name: sorted(line) for name, line in lines.items()},
    )


def drawn(told: dict[str, Any]) -> tuple[str, str]:
    """The name of the chart that a file makes, and the chart. Raises ``KeyError`` for no chart."""
    if told and all(name.isdecimal() for name in told):
        return "times", of_times(told)
    if "cells" in told:
        return "callers", of_callers(told)
    return "sizes", of_sizes(told)


def main() -> None:
    """Draws what is given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the charts go")
    parser.add_argument("told", type=Path, nargs="+", help="what benches printed with --json")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for file in options.told:
        try:
            name, svg = drawn(json.loads(file.read_text()))
        except (KeyError, TypeError, AttributeError):
            sys.exit(f"{file} holds nothing that is drawn; see --help")
        path = options.folder / f"{name}.svg"
        path.write_text(svg)
        print(path)


if __name__ == "__main__":
    main()
