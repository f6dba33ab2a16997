import math
import xml.etree.ElementTree

import pytest

from tfl_lite_suite.core.page import plot
from tfl_lite_suite.core.page.plot import Line, Point

HOSTILE = "<script>\"'&"


def svg(figure):
    """Returns the figure's elements; fails where it is not well formed."""
    return list(xml.etree.ElementTree.fromstring(figure).iter())


def test_scatter_places_larger_values_further_right_and_higher():
    figure = plot.scatter("c", "x", "y", [Point(10, 1, "1", 0), Point(1000, 2, "2", 1)])
    circles = [element for element in svg(figure) if element.tag == "circle"]
    (a, b) = [(float(circle.get("cx")), float(circle.get("cy"))) for circle in circles]
    assert a[0] < b[0] and a[1] > b[1]
    ticks = [element.text for element in svg(figure) if element.get("text-anchor") == "middle"]
    assert {"10", "100", "1k"} <= set(ticks)


def test_labels_of_close_points_do_not_cover_each_other():
    at = [(100, 100), (103, 101), (101, 99), (99, 102)]
    places = plot._label_places(at, [Point(*place, "1", 0) for place in at])
    gaps = [math.dist(a, b) for place, a in enumerate(places) for b in places[:place]]
    assert min(gaps) > 11


@pytest.mark.parametrize("points", [[], [Point(0, 1, "1", 0)], [Point(1, math.nan, "1", 0)]])
def test_what_cannot_be_drawn_is_left_out(points):
    assert plot.scatter("c", "x", "y", points) == ""


@pytest.mark.parametrize("value", [0.0, 0.98, 100.0, 1e9])
def test_one_value_alone_has_an_axis(value):
    figure = plot.scatter("c", "x", "y", [Point(max(value, 1e-6), value, "1", 0)], most=max(value, 1))
    assert len([element for element in svg(figure) if element.tag == "line"]) > 2


def test_accuracy_axis_ends_at_the_most_that_is_possible():
    figure = plot.lines("c", "x", "y", [Line("a", [1, 2], [50, 100], 0)], most=100)
    assert "120" not in figure and ">100<" in figure


def test_lines_leave_out_missing_values_and_mark_single_ones():
    figure = plot.lines("c", "x", "y", [Line("a", [1, 2], [math.nan, 3.0], 0), Line("b", [1], [math.nan], 1)])
    assert "<circle" in figure and ">b<" not in figure and "> a<" in figure
    assert plot.lines("c", "x", "y", [Line("a", [1], [math.nan], 0)]) == ""


def test_bars_are_as_long_as_their_values():
    figure = plot.bars("c", "MAC", [("a", 10, "10"), ("b", 5, "5"), ("z", 0, "0")])
    widths = [float(element.get("width")) for element in svg(figure) if element.tag == "rect"]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01) and widths[2] == 0
    assert plot.bars("c", "", []) == ""


def test_dots_are_at_their_shares():
    figure = plot.dots("c", ["m"], [("a", [(0.5, 0.4, 0.6)]), ("b", [(1.0, 0.9, 1.0)]), ("none", [None])])
    (left, right) = [float(e.get("cx")) for e in svg(figure) if e.tag == "circle"][:2]
    assert left < right and "50.00 %" in figure
    assert plot.dots("c", ["m"], [("a", [None])]) == ""


def test_a_matrix_has_a_cell_for_each_count_that_is_not_zero():
    figure = plot.matrix("c", ["a", "b"], [[3, 1], [0, 0]])
    assert "a answered as b: 1 of 4" in figure and figure.count("answered as") == 2
    assert len(svg(plot.matrix("c", [str(n) for n in range(60)], [[1] * 60] * 60))) > 3600


def test_names_are_escaped_everywhere():
    drawn = [
        plot.scatter(HOSTILE, HOSTILE, HOSTILE, [Point(1, 1, HOSTILE, 0, HOSTILE)]),
        plot.lines(HOSTILE, HOSTILE, HOSTILE, [Line(HOSTILE, [1], [1], 0)]),
        plot.bars(HOSTILE, HOSTILE, [(HOSTILE, 1, HOSTILE)]),
        plot.dots(HOSTILE, [HOSTILE], [(HOSTILE, [(1.0, 1.0, 1.0)])]),
        plot.matrix(HOSTILE, [HOSTILE], [[1]]),
    ]
    for figure in drawn:
        assert "<script" not in figure and svg(figure)


def test_the_front_is_what_no_other_pair_beats():
    assert plot.front([(3, 9), (1, 5), (2, 4), (1, 6), (4, 9)]) == {0, 3}


def test_of_many_points_only_the_front_is_marked():
    many = [Point(1 + n, 50 - n, f"m{n}", 0) for n in range(40)]
    assert [element.text for element in svg(plot.scatter("c", "x", "y", many)) if (element.text or "")[:1] == "m"] == [
        "m0"
    ]


def test_intervals_are_drawn_and_inside_the_axes():
    figure = svg(plot.scatter("c", "x", "y", [Point(10, 95, "1", 0, interval=(80, 99))], most=100))
    (bar,) = [line for line in figure if line.get("stroke-opacity") == ".5"]
    high, low = float(bar.get("y2")), float(bar.get("y1"))
    assert 0 < high < low < 240 and bar.get("x1") == bar.get("x2")
    figure = svg(plot.dots("c", ["m"], [("a", [(0.5, 0.2, 0.9)])]))
    (bar,) = [line for line in figure if line.get("stroke-opacity") == ".5"]
    assert float(bar.get("x2")) - float(bar.get("x1")) > 100
