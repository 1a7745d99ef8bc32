"""What search looks into: a vector of words a video, shelves that bound the work, and every word ever published.

A published video gets the next number and stands on one shelf of each size: its number divided by that size. A shelf is a
lexeme of the vector that no text can yield, so "these words on that shelf" is a single look into the index; so are
subject and difficulty. See docs/decisions/0014.
"""

import functools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, literal, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, array
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from content_service.storage.statements import VIDEOS
from content_service.tables import NUMBERS, DocumentRow, WordRow
from servicekit.database import compile_command

DOCUMENTS = DocumentRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
WORDS = WordRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
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


def _weighted(source: ColumnElement[Any], weight: str) -> ColumnElement[str]:
    """A text for the index, with its weight from A (title) to D (transcript)."""
    return func.setweight(func.to_tsvector("english", source), literal_column(f"'{weight}'"), type_=TSVECTOR)


def _marks() -> ColumnElement[str]:
    """The video's shelves, subject and difficulty as lexemes."""
    number = select(NUMBERS.next_value().label("number")).subquery("published").c.number
    on = [
        func.concat(f"/{level}:", number.op("/")(literal_column(str(size)))) for level, size in enumerate(SHELF_SIZES)
    ]
    closed = [func.concat("/s:", VIDEOS.c.subject), func.concat("/d:", VIDEOS.c.difficulty)]
    marks = cast(array([*on, *closed]), ARRAY(Text))
    return select(func.array_to_tsvector(marks, type_=TSVECTOR)).scalar_subquery()


_cue = func.jsonb_array_elements(VIDEOS.c.cues).table_valued("value").alias("cue")
_transcript = select(func.string_agg(_cue.c.value.cast(JSONB)["text"].astext, " ")).select_from(_cue).scalar_subquery()
_spoken = func.coalesce(_transcript, "")
_aliases = func.array_to_string(bindparam("aliases", type_=ARRAY(Text)), " ")
_key_points = func.array_to_string(VIDEOS.c.key_points, " ")
_vector = functools.reduce(
    lambda left, right: left.op("||")(right),
    (
        _weighted(VIDEOS.c.title, "A"),
        _weighted(VIDEOS.c.topic, "A"),
        _weighted(_aliases, "B"),
        _weighted(_key_points, "B"),
        _weighted(_spoken, "D"),
        _marks(),
    ),
)
_this = VIDEOS.c.id == bindparam("video_id")
_document = upsert(DOCUMENTS).from_select(["video_id", "words"], select(VIDEOS.c.id, _vector).where(_this))
_simple = func.to_tsvector("simple", func.concat_ws(" ", VIDEOS.c.title, _aliases, _key_points, _spoken))
_word = func.unnest(func.tsvector_to_array(_simple)).table_valued("word").render_derived("spoken")
# In the order of the words: two who publish the same new words at once must not wait for each other.
_words = (
    select(_word.c.word)
    .select_from(VIDEOS.join(_word, true()))
    .where(_this, _word.c.word.op("~")(literal("^[[:alpha:]]{3,}$")))
    .order_by(_word.c.word)
)
ADDED = (
    compile_command(
        _document.on_conflict_do_update(index_elements=["video_id"], set_={"words": _document.excluded.words})
    ),
    compile_command(upsert(WORDS).from_select(["word"], _words).on_conflict_do_nothing()),
)
"""What makes a video that was just published findable; the parameters are video_id and aliases, other names of its topic."""
