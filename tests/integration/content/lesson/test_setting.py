"""Text on slides is set as a printer would: nothing is left alone, nothing made small by its neighbour, nothing over an edge."""

from contextlib import suppress

import pytest
from integration.content.lesson.margins import assert_margin_is_background
from integration.content.lesson.pictures import lines_in, of_colour, one_scene
from PIL import Image

from content_service.lesson.canvas import BODY_BOTTOM, LEFT, SMALL
from content_service.lesson.errors import ContentOverflow
from content_service.lesson.palette import PALETTES
from content_service.lesson.script import Moment, Quote, Row, Script, Table, Timeline, Title
from content_service.lesson.slides import paint
from content_service.lesson.slides.timeline import WHEN_WIDTH

LONG_DATES = ("November 1917", "c. 1200–1150 BC", "about 2560 BCE", "14 September 1792", "late spring of 1452 BCE")


def dates(script: Script, whens: list[str]) -> Image.Image:
    """What stands beside the line of a timeline."""
    lesson = one_scene(script, Timeline(tuple(Moment(when, "Something happens", "") for when in whens)))
    return paint(lesson, 0, len(whens) - 1).crop((0, 150, LEFT + WHEN_WIDTH + 16, BODY_BOTTOM))


@pytest.mark.parametrize("when", LONG_DATES)
@pytest.mark.parametrize("count", [2, 5])
def test_a_long_date_is_wrapped_and_leaves_the_others_as_large_as_they_were(
    script: Script, when: str, count: int
) -> None:
    short, palette = ["1348"] * (count - 1), PALETTES[script.subject]
    long = dates(script, [*short, when])
    assert lines_in(long, palette.muted) == lines_in(dates(script, [*short, "1349"]), palette.muted)
    lines = lines_in(long, palette.accent)
    assert len(lines) in (2, 3)
    assert min(height for height, _ in lines) >= 0.65 * SMALL  # of a line of digits or capitals
    left, _, right, _ = of_colour(long, palette.accent) or (0, 0, 0, 0)
    assert LEFT - 2 <= left < right <= LEFT + WHEN_WIDTH


def test_no_word_of_a_table_is_left_alone_on_the_last_line_of_its_cell(script: Script) -> None:
    rows = ("Neither the coach nor the players were ready.", "The subject follows the verb in questions")
    picture = paint(one_scene(script, Table(("Sentence", "Rule"), (Row(rows, ""), Row(rows, "")))), 0, 1)
    lines = lines_in(picture.crop((600, 240, 1216, 420)), PALETTES[script.subject].ink)
    assert len(lines) == 2
    assert lines[1][1] > 0.6 * lines[0][1]


@pytest.mark.parametrize("words", [3, 12, 20, 24])
def test_the_mark_before_a_quotation_stays_on_its_card(script: Script, words: int) -> None:
    quote = Quote(
        "citizen " * words, "Giovanni Boccaccio, The Decameron, about 1353, translated by J. M. Rigg, 1903", ""
    )
    picture, palette = paint(one_scene(script, quote), 0, 0), PALETTES[script.subject]
    card, mark = of_colour(picture, palette.soft), of_colour(picture.crop((0, 120, 250, 720)), palette.accent)
    assert card
    assert mark
    assert mark[1] + 120 >= card[1] + 12


@pytest.mark.parametrize("heading", [1, 4, 8, 12])
@pytest.mark.parametrize("subtitle", [4, 14, 22])
def test_an_opening_leaves_room_for_captions_however_long_its_title_is(
    script: Script, heading: int, subtitle: int
) -> None:
    lesson = one_scene(script, Title("estimates " * subtitle, ""), "Endothermic " * heading)
    with suppress(ContentOverflow):
        assert_margin_is_background(paint(lesson, 0, 0))
