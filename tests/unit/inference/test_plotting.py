"""Declared curves become points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.domain.lesson import Line, Parabola, Polyline
from inference_service.domain.plotting import curve

numbers = st.floats(-100, 100)


def test_a_line_needs_its_two_ends() -> None:
    drawn = curve(Line("line", "fare", 2, 3, 0, 6))
    assert (drawn.label, drawn.x, drawn.y) == ("fare", (0, 6), (3, 15))


def test_a_parabola_passes_through_its_roots_and_ends() -> None:
    drawn = curve(Parabola("parabola", "p", 1, -5, 6, 0, 6))
    points = dict(zip(drawn.x, drawn.y, strict=True))
    assert points[0] == 6
    assert points[2] == pytest.approx(0)
    assert points[6] == 12


def test_a_polyline_keeps_its_points() -> None:
    drawn = curve(Polyline("polyline", "legs", ((0, 0), (4, 0), (4, 3))))
    assert (drawn.x, drawn.y) == ((0, 4, 4), (0, 0, 3))


@given(a=numbers, b=numbers, c=numbers, start=numbers, width=st.floats(0.1, 50))
def test_a_parabola_runs_from_left_to_right(a: float, b: float, c: float, start: float, width: float) -> None:
    drawn = curve(Parabola("parabola", "p", a, b, c, start, start + width))
    assert len(drawn.x) == len(drawn.y)
    assert list(drawn.x) == sorted(drawn.x)
