"""Curves in axes, with a key and a caption beside them."""

from collections.abc import Iterable
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from content_service.lesson.canvas import SMALL, Box, Canvas
from content_service.lesson.palette import Palette
from content_service.lesson.script import Curve, Plot, Scene
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import Weight, face_file, fit_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = 350
KEY_INSET = 66
FEW = 12
STRAIGHT, MEASUREMENTS = 2, 20  # points
MANY = 20_000  # from here ticks are written 20,000; years are not
DASHES = ("solid", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.5, 2)))
SAMPLES = (
    ((0, 32),),
    ((0, 14), (18, 32)),
    ((0, 8), (12, 20), (24, 32)),
    ((0, 18), (22, 32)),
)  # strokes of each in the key, pixels
ANGLE = "angle in degrees"
TICKS, ANGLE_TICKS = (1, 2, 5, 10), (1.5, 3, 4.5, 9, 10)  # steps between numbers, and between degrees of an angle


def paint(canvas: Canvas, scene: Scene, body: Plot, position: Position) -> None:
    """One step: the finished plot."""
    left, top, right, bottom = header(canvas, scene, position)
    canvas.check(body.x_label, body.y_label)
    has_side = bool(body.caption) or any(curve.label for curve in body.curves)
    card = (left, top, right - SIDE - 20 if has_side else right, bottom)
    canvas.card(card, canvas.palette.card, canvas.palette.line)
    axes = _axes(body, canvas.palette, card[2] - card[0] - 32, card[3] - card[1] - 28)
    canvas.image.paste(axes, (card[0] + 16, card[1] + 14))
    side = (right - SIDE, top, right, bottom)
    below_key = _key(canvas, body, side)
    if body.caption:
        _caption(canvas, body.caption, (side[0], below_key, side[2], side[3]))


def _key(canvas: Canvas, plot: Plot, side: Box) -> int:
    """The curves' labels beside a sample of their line; answers the y below."""
    palette, labels = canvas.palette, [curve.label for curve in plot.curves]
    canvas.check(*labels)
    if not any(labels):
        return side[1]
    blocks = fit_all(labels, Weight.MEDIUM, SIDE - KEY_INSET - 24, (side[3] - side[1]) * 0.5, (32, SMALL))
    if blocks is None:
        raise canvas.overflow(max(labels, key=len))
    bottom = side[1] + sum(block.height + 12 for block in blocks) + 28
    canvas.card((side[0], side[1], side[2], bottom), palette.card, palette.line)
    y = side[1] + 20
    for number, block in enumerate(blocks):
        _sample(canvas, number, side[0] + 22, y + block.size // 2)
        y = canvas.write(block, (side[0] + KEY_INSET, y), palette.ink) + 12
    return bottom + 16


def _sample(canvas: Canvas, number: int, left: int, middle: int) -> None:
    """A short stretch of the line of curve `number`, in its colour and with its dashes."""
    colour = canvas.palette.series[number % len(canvas.palette.series)]
    for start, end in SAMPLES[number % len(SAMPLES)]:
        canvas.card((left + start, middle - 5, left + end, middle + 5), colour, radius=4)


def _caption(canvas: Canvas, caption: str, box: Box) -> None:
    left, top, right, bottom = box
    canvas.card(box, canvas.palette.soft)
    text = canvas.fit(caption, Weight.MEDIUM, (right - left - 48, bottom - top - 36), (36, SMALL))
    canvas.write_middle(text, left + 24, box, canvas.palette.ink)


def _axes(plot: Plot, palette: Palette, width: int, height: int) -> Image.Image:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=palette.card, layout="tight")
    surface = FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=palette.card)
    for number, curve in enumerate(plot.curves):
        colour, dash = palette.series[number % len(palette.series)], DASHES[number % len(DASHES)]
        marker = "o" if _measured(curve, plot) else ""
        axes.plot(curve.x, curve.y, color=colour, linewidth=4.5, linestyle=dash, marker=marker, markersize=11)
    # 72 points are 100 pixels here.
    ticks, words = (FontProperties(fname=str(face_file(Weight.REGULAR)), size=px * 0.72) for px in (24, 26))
    axes.set_xlabel(plot.x_label, fontproperties=words, color=palette.ink, parse_math=False)
    axes.set_ylabel(plot.y_label, fontproperties=words, color=palette.ink, parse_math=False)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(ticks)
    axes.tick_params(colors=palette.muted, length=0, pad=8)
    if plot.equal_scales:
        axes.set_aspect("equal", adjustable="datalim")
    for axis, name, values in (
        (axes.xaxis, plot.x_label, [curve.x for curve in plot.curves]),
        (axes.yaxis, plot.y_label, [curve.y for curve in plot.curves]),
    ):
        steps = ANGLE_TICKS if ANGLE in name else TICKS
        axis.set_major_locator(MaxNLocator(nbins=7, steps=steps, integer=_whole(values)))
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if max(map(abs, ends)) >= MANY:
            axis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace("-", "−"))
    _zero_lines(axes, plot, palette)
    axes.grid(color=palette.line, linewidth=1.2)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(color=palette.muted, linewidth=2)
    surface.draw()  # type: ignore[no-untyped-call]  # matplotlib's Agg backend is not annotated
    pixels = np.asarray(surface.buffer_rgba())  # type: ignore[no-untyped-call]  # same
    return Image.fromarray(pixels).convert("RGB")


def _measured(curve: Curve, plot: Plot) -> bool:
    """Whether the points mean something each, as measurements do and corners of a figure or samples of a function do not."""
    return len(curve.x) == 1 or (STRAIGHT < len(curve.x) <= MEASUREMENTS and not plot.equal_scales)


def _whole(values: Iterable[tuple[float, ...]]) -> bool:
    """Whether there are few values and all of them whole numbers: then halves between them mean nothing."""
    every = {value for each in values for value in each}
    return len(every) <= FEW and all(value == round(value) for value in every if isfinite(value))


def _zero_lines(axes: "Axes", plot: Plot, palette: Palette) -> None:
    """Mark an axis inside the picture where a curve passes from negative to positive values."""
    spans = (
        (axes.axhline, [y for curve in plot.curves for y in curve.y]),
        (axes.axvline, [x for curve in plot.curves for x in curve.x]),
    )
    for mark, values in spans:
        finite = [value for value in values if isfinite(value)]
        if min(finite) < 0 < max(finite):
            mark(0, color=palette.muted, linewidth=2, zorder=1)
