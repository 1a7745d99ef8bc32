"""Points of the curriculum's declared curves; nothing is ever evaluated from text."""

from inference_service.domain.lesson import Line, Parabola, Polyline, Shape
from inference_service.domain.script import Curve

PARABOLA_SAMPLES = 61


def curve(shape: Shape) -> Curve:
    """Return the points that draw `shape`."""
    match shape:
        case Line():
            return _curve(shape.label, [(x, shape.slope * x + shape.intercept) for x in (shape.start, shape.stop)])
        case Parabola():
            width = (shape.stop - shape.start) / (PARABOLA_SAMPLES - 1)
            xs = [shape.start + width * step for step in range(PARABOLA_SAMPLES)]
            return _curve(shape.label, [(x, shape.a * x * x + shape.b * x + shape.c) for x in xs])
        case Polyline():
            return _curve(shape.label, shape.points)


def _curve(label: str, points: "list[tuple[float, float]] | tuple[tuple[float, float], ...]") -> Curve:
    return Curve(label, tuple(round(x, 6) for x, _ in points), tuple(round(y, 6) for _, y in points))
