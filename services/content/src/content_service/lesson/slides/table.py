"""A comparison table, revealed row by row."""

from dataclasses import dataclass

from content_service.lesson.canvas import SMALL, Box, Canvas
from content_service.lesson.script import Scene, Table
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight, balanced, measure

CELL_X, CELL_Y = 24, 13
HEAD_SHARE = 0.2  # of the spare height a row gets


@dataclass(frozen=True, slots=True)
class Grid:
    """Column widths and wrapped cells (first row: the column titles) at one text size."""

    widths: list[float]
    rows: list[list[TextBlock]]

    def heights(self) -> list[int]:
        return [max(block.height for block in row) + 2 * CELL_Y for row in self.rows]


def paint(canvas: Canvas, scene: Scene, body: Table, position: Position) -> None:
    """Step n shows the rows up to n."""
    box = header(canvas, scene, position)
    grid = _largest(canvas, body, box)
    heights = grid.heights()
    spare = (box[3] - box[1] - sum(heights)) / (len(heights) - 1 + HEAD_SHARE)
    canvas.card(box, canvas.palette.card, canvas.palette.line)
    y = float(box[1])
    for number, (row, height) in enumerate(zip(grid.rows, heights, strict=True)):
        below = y + height + spare * (1 if number else HEAD_SHARE)
        bounds = (box[0], round(y), box[2], round(below))
        _ground(canvas, bounds, number, number == position.step + 1)
        _cells(canvas, row, grid.widths, bounds, number, number > position.step + 1)
        y = below


def _ground(canvas: Canvas, box: Box, number: int, current: bool) -> None:
    palette, (left, top, right, bottom) = canvas.palette, box
    if number == 0:
        canvas.card(box, palette.accent)
        canvas.bar((left, bottom - 20, right, bottom), palette.accent)
    elif current:
        canvas.card((left + 8, top + 6, right - 8, bottom - 6), palette.soft, radius=14)
    elif number > 1:
        canvas.bar((left + CELL_X, top, right - CELL_X, top + 1), palette.line)


def _cells(canvas: Canvas, row: list[TextBlock], widths: list[float], box: Box, number: int, upcoming: bool) -> None:
    """An upcoming row shows its first cell and, for the others, that something will be there."""
    palette, x = canvas.palette, float(box[0])
    for index, (block, width) in enumerate(zip(row, widths, strict=True)):
        if upcoming and index:
            middle, left = (box[1] + box[3]) // 2, round(x) + CELL_X
            canvas.card((left, middle - 6, left + round(width * 0.4), middle + 6), palette.soft, radius=6)
        else:
            first = palette.muted if upcoming else palette.accent
            ink = "#FFFFFF" if number == 0 else palette.ink if index else first
            canvas.write_middle(block, x + CELL_X, box, ink)
        x += width


def _largest(canvas: Canvas, table: Table, box: Box) -> Grid:
    texts = [table.columns, *(row.cells for row in table.rows)]
    canvas.check(*(text for row in texts for text in row))
    for size in range(38, SMALL - 1, -2):
        grid = _grid(texts, size, box[2] - box[0])
        if grid and sum(grid.heights()) <= box[3] - box[1]:
            return grid
    raise canvas.overflow(max((text for row in texts for text in row), key=len))


def _grid(texts: list[tuple[str, ...]], size: int, width: int) -> Grid | None:
    columns = list(zip(*texts, strict=True))
    least = [max(_width(word, size) for text in column for word in text.split() or [""]) for column in columns]
    wanted = [max(_width(text, size) for text in column) for column in columns]
    if sum(least) > width:
        return None
    widths = _widths(least, wanted, width)
    rows = [
        [_cell(text, number, index, size, widths[index]) for index, text in enumerate(row)]
        for number, row in enumerate(texts)
    ]
    return Grid(widths, rows)


def _widths(least: list[float], wanted: list[float], width: int) -> list[float]:
    """Each column as wide as its cells would like, and as much wider; where there is no room for that, by how much they would."""
    if (spare := width - sum(wanted)) >= 0:
        return [want + spare / len(wanted) for want in wanted]
    rest, shares = width - sum(least), [want - low + 1 for want, low in zip(wanted, least, strict=True)]
    return [low + rest * share / sum(shares) for low, share in zip(least, shares, strict=True)]


def _cell(text: str, row: int, index: int, size: int, width: float) -> TextBlock:
    weight = Weight.BOLD if row == 0 or index == 0 else Weight.REGULAR
    return TextBlock(balanced(text, weight, size, width - 2 * CELL_X + 1) or ("",), size, weight)


def _width(text: str, size: int) -> float:
    return measure(text, Weight.BOLD, size) + 2 * CELL_X
