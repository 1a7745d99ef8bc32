"""What search looks into: a vector of words for each video, shelves that bound the work, and every word ever published.

A published video gets the next number and stands on one shelf of each size: its number divided by that size. A shelf is a
lexeme of the vector that no text can yield, so "these words on that shelf" is a single look into the index; so are
subject and difficulty. See docs/decisions/0010.
"""

import functools
from collections.abc import Iterator

from sqlalchemy import Text, bindparam, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR, array
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from content_service.tables import NUMBERS, VideoRow, WordRow
from servicekit.database import compile_command

_VIDEOS = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
WORDS = WordRow.__table__  # type: ignore[attr-defined]
SHELF_SIZES = (8_192, 65_536, 524_288)


def shelves(newest: int) -> Iterator[str]:
    """Shelves that hold every video up to number `newest` once, the newest first: small ones, then larger and larger.

    At most seven of each of the first two sizes and one for each half million videos, plus one of each size.
    """
    end = newest
    for level, size in enumerate(SHELF_SIZES):
        larger = SHELF_SIZES[level + 1] if level + 1 < len(SHELF_SIZES) else end + 1
        start = end // larger * larger
        yield from (f"/{level}:{number}" for number in range(end // size, start // size - 1, -1))
        end = start - 1
        if end < 0:
            return


def _weighted(text: ColumnElement[str], weight: str) -> ColumnElement[str]:
    """A text for the search index, with its weight from A (title) to D (transcript)."""
    return func.setweight(func.to_tsvector("english", text), literal_column(f"'{weight}'"), type_=TSVECTOR)


def _marks() -> ColumnElement[str]:
    """The video's shelves, subject and difficulty as lexemes."""
    number = select(NUMBERS.next_value().label("number")).subquery("published").c.number
    on = [
        func.concat(f"/{level}:", number.op("/")(literal_column(str(size)))) for level, size in enumerate(SHELF_SIZES)
    ]
    closed = [func.concat("/s:", _VIDEOS.c.subject), func.concat("/d:", _VIDEOS.c.difficulty)]
    marks = cast(array([*on, *closed]), ARRAY(Text))
    return select(func.array_to_tsvector(marks, type_=TSVECTOR)).scalar_subquery()


VECTOR = functools.reduce(
    lambda left, right: left.op("||")(right),
    (
        _weighted(bindparam("new_title", type_=Text), "A"),
        _weighted(_VIDEOS.c.topic, "A"),
        _weighted(bindparam("key_point_text", type_=Text), "B"),
        _weighted(bindparam("new_transcript", type_=Text), "D"),
        _marks(),
    ),
)
_word = (
    func.unnest(func.tsvector_to_array(func.to_tsvector("simple", bindparam("text", type_=Text))))
    .table_valued("word")
    .render_derived("spoken")
)
# In the order of the words: two who publish the same new words at once must not wait for each other.
ADD_WORDS = compile_command(
    upsert(WORDS)
    .from_select(
        ["word"],
        select(_word.c.word).where(_word.c.word.op("~")(literal("^[[:alpha:]]{3,}$"))).order_by(_word.c.word),
    )
    .on_conflict_do_nothing()
)
