"""What is kept of the text somebody writes."""

import pytest

from community_service.domain.texts import clean, plain_text
from community_service.errors import CommentEmpty

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("\u2066a\u2069\u202ab\u202c\u200f\u061c", "ab"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("bell\a \x1b[31mred\x9b", "bell [31mred"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("hidden\U000e0069\U000e0067\U000e006e words", "hidden words"),
        ("e\u0301", "é"),
        ("  Why?\n", "Why?"),
    ],
    ids=ascii,
)
def test_what_only_controls_how_others_are_shown_is_left_out(written: str, kept: str) -> None:
    assert clean(written) == kept


@pytest.mark.parametrize(
    "text",
    [
        "a < b & c > d",
        "<script>alert(1)</script>",
        "\U0001f469\u200d\U0001f52c \u2764\ufe0f",
        ENGLAND,
        "می\u200cخواهم",
        "f(x) =\tx²\n— שלום",
    ],
    ids=ascii,
)
def test_what_people_write_stays_as_they_wrote_it(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize("text", [" ", "\u00a0\u2003\n", "\u202e\u200b", "\u200d\ufe0f", "\u3164\u2800"], ids=ascii)
def test_a_text_that_shows_nothing_is_refused(text: str) -> None:
    with pytest.raises(CommentEmpty):
        plain_text(text)
