from xml.etree import ElementTree

import pytest
from bench.line import Line
from bench.plot import svg

SVG = "{http://www.w3.org/2000/svg}"


def lines() -> list[Line]:
    return [
        Line(f"{name}, {n:,} readers planned", n / 1e4, "s", cpu=0.2, room=170.0, readers=n)
        for name in ("PostgreSQL", "SQLite")
        for n in (1_000, 10_000, 100_000)
    ] + [Line("PostgreSQL, 10,000: time a reader, of that before", 1.0)]


def test_each_panel_has_a_line_for_each_database_and_units_at_its_axis() -> None:
    drawn = ElementTree.fromstring(svg(one.as_mapping() for one in lines()))
    shown = [one.text or "" for one in drawn.iter(f"{SVG}text")]
    assert {"PostgreSQL", "SQLite", "1,000", "10,000", "100,000"} <= set(shown)
    for unit in (" s", " ms", " MB"):
        assert len([one for one in shown if one.endswith(unit) and one[0].isdigit()]) == 5
    assert len(list(drawn.iter(f"{SVG}polyline"))) == 3 * 2
    assert len(list(drawn.iter(f"{SVG}circle"))) == 3 * 2 * 3


def test_what_is_as_dear_for_many_as_for_few_is_drawn_flat() -> None:
    drawn = ElementTree.fromstring(svg(one.as_mapping() for one in lines()))
    for one in drawn.iter(f"{SVG}polyline"):
        points = [point.split(",") for point in one.attrib["points"].split()]
        assert len({x for x, _ in points}) == 3
        assert len({y for _, y in points}) == 1


def test_there_is_no_plot_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        svg([lines()[-1].as_mapping()])
