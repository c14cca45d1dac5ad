"""What planning costs a reader against how many there are, as an SVG with no script.

`./run bench planning --full --plot FILE.svg` measures and draws; `python -m bench.plot FILE.json
FILE.svg` draws what `--json FILE.json` wrote. Three panels share the axis of
readers: seconds a reader, processor a reader, and the peak memory of a planner. A line that is flat
says that ten times as many readers cost ten times as much, and no more.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

CASE = "planning"
PANELS = (
    ("Time to plan 1,000 readers", "s", lambda line: 1e3 * _each(line, "value")),
    ("Processor for one reader, with the database's", "ms", lambda line: line["cpu"]),
    ("Peak memory of the largest planner", "MB", lambda line: line["room"]),
)
WIDE, LEFT, RIGHT = 720, 84, 44
PANEL, TOP, GAP = 128, 84, 62
ROUND = (
    1,
    1.2,
    1.6,
    2,
    2.4,
    3.2,
    4,
    6,
    8,
    10,
)  # what the top of an axis may be, times a power of ten


@dataclass(frozen=True, slots=True)
class Series:
    """One database's points: (readers, value), the fewest readers first."""

    name: str
    points: Sequence[tuple[int, float]]


def main(source: Path, target: Path) -> None:
    target.write_text(svg(json.loads(source.read_text())["cases"][CASE]))


def svg(lines: Iterable[Mapping[str, Any]]) -> str:
    """The plot of what was measured.

    Raises:
        ValueError: there is no line with a number of readers.
    """
    known = [line for line in lines if line["readers"] is not None and line["cpu"] is not None]
    if not known:
        raise ValueError("nothing was measured that has a number of readers")
    counts = [line["readers"] for line in known]
    low, high = math.floor(math.log10(min(counts))), math.ceil(math.log10(max(counts)))
    high = max(high, low + 1)

    def x(readers: float) -> float:
        share = (math.log10(readers) - low) / (high - low)
        return round(LEFT + share * (WIDE - LEFT - RIGHT), 1)

    panels = []
    for place, (title, unit, value) in enumerate(PANELS):
        found = [_series(name, known, value) for name in _databases(known)]
        top = _round_up(max(at for one in found for _, at in one.points))
        begin = TOP + place * (PANEL + GAP)

        def y(value: float, top: float = top, begin: int = begin) -> float:
            return round(begin + PANEL * (1 - value / top), 1)

        panels.append(
            {
                "title": title,
                "unit": unit,
                "begin": begin,
                "rules": [(y(top * n / 4), f"{top * n / 4:,.4g}") for n in range(5)],
                "lines": [[(x(n), y(v), n, v) for n, v in one.points] for one in found],
            }
        )
    return _TEMPLATE.render(
        wide=WIDE,
        left=LEFT,
        right=WIDE - RIGHT,
        high=TOP + len(PANELS) * (PANEL + GAP) - 8,
        panel=PANEL,
        panels=panels,
        names=_databases(known),
        ticks=[(x(10**n), f"{10**n:,}") for n in range(low, high + 1)],
    )


def _databases(lines: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    return list(dict.fromkeys(_name(line) for line in lines))


def _name(line: Mapping[str, Any]) -> str:
    return str(line["what"]).partition(",")[0]


def _series(name: str, lines: Iterable[Mapping[str, Any]], value: Any) -> Series:
    mine = [(line["readers"], value(line)) for line in lines if _name(line) == name]
    return Series(name, sorted(mine))


def _each(line: Mapping[str, Any], key: str) -> float:
    return float(line[key]) / int(line["readers"])


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(one * power for one in ROUND if one * power >= value)


_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ wide }} {{ high }}" role="img" \
aria-labelledby="t" font-family="system-ui, sans-serif" font-size="13">
<title id="t">What planning costs, from few readers to many</title>
<style>
  .paper { fill: #ffffff } .ink { fill: #17202a } .muted { fill: #566070 } .rule { stroke: #d9dcd6 }
  .s0 { stroke: #0b5563; fill: #0b5563 } .s1 { stroke: #7a4600; fill: #7a4600 }
  polyline { fill: none !important; stroke-width: 2 } text { stroke: none !important }
  polyline.s1 { stroke-dasharray: 6 4 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14181d } .ink { fill: #e9ebee } .muted { fill: #a9b1bc }
    .rule { stroke: #39414b }
    .s0 { stroke: #79cbd9; fill: #79cbd9 } .s1 { stroke: #f2bd6b; fill: #f2bd6b }
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="ink" x="{{ left }}" y="26" font-size="16" font-weight="600">\
What planning costs, from few readers to many</text>
{% for name in names %}
<line class="s{{ loop.index0 }}" x1="{{ left + 130 * loop.index0 }}" y1="43" \
x2="{{ left + 130 * loop.index0 + 26 }}" y2="43" stroke-width="2"\
{% if loop.index0 %} stroke-dasharray="6 4"{% endif %}/>
<text class="ink" x="{{ left + 130 * loop.index0 + 33 }}" y="48">{{ name }}</text>
{% endfor %}
{% for one in panels %}
<text class="ink" x="{{ left }}" y="{{ one.begin - 10 }}" font-weight="600">{{ one.title }}</text>
{% for at, label in one.rules %}
<line class="rule" x1="{{ left }}" x2="{{ right }}" y1="{{ at }}" y2="{{ at }}"/>
<text class="muted" x="{{ left - 8 }}" y="{{ at + 4 }}" text-anchor="end">{{ label }} \
{{ one.unit }}</text>
{% endfor %}
{% for at, label in ticks %}
<line class="rule" x1="{{ at }}" x2="{{ at }}" y1="{{ one.begin }}" \
y2="{{ one.begin + panel + 4 }}"/>
<text class="muted" x="{{ at }}" y="{{ one.begin + panel + 19 }}" text-anchor="middle">\
{{ label }}</text>
{% endfor %}
{% for points in one.lines %}
<polyline class="s{{ loop.index0 }}" points="{% for x, y, _, _ in points %}{{ x }},{{ y }} \
{% endfor %}"/>
{% set series = loop.index0 %}
{% for x, y, readers, value in points %}
<circle class="s{{ series }}" cx="{{ x }}" cy="{{ y }}" r="4">\
<title>{{ names[series] }}, {{ "{:,}".format(readers) }} readers: {{ "{:.3g}".format(value) }} \
{{ one.unit }}</title></circle>
{% endfor %}
{% endfor %}
{% endfor %}
<text class="muted" x="{{ (left + right) / 2 }}" y="{{ high - 12 }}" text-anchor="middle">\
Readers who are due at once</text>
</svg>
"""
)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
