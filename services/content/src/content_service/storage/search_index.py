"""What search looks into: a vector of words a video, shelves that bound the work, and every word ever published.

A published video gets the next number and stands on one shelf of each size: its number divided by that size. A shelf is a
lexeme of the vector that no text can yield, so "these words on that shelf" is a single look into the index; so are
subject and difficulty. See docs/decisions/0014.
"""

import functools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, literal, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, array
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from content_service.domain import Video
from content_service.storage.statements import COLUMNS, VIDEOS
from content_service.tables import NUMBERS, DocumentRow, WordRow
from servicekit.database import compile_command, compile_statement

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


def is_dropped(word: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether PostgreSQL drops the word, as one that says nothing: "the", "a", "its"."""
    dropped: ColumnElement[bool] = func.to_tsvector("english", word) == cast(literal_column("''"), TSVECTOR)
    return dropped


def _weighted(source: ColumnElement[Any], weight: str) -> ColumnElement[str]:
    """A text for the index, with its weight from A (title) to D (transcript), raised digits as they are typed: a² as a2."""
    plain = func.normalize(source, literal_column("NFKC"))
    return func.setweight(func.to_tsvector("english", plain), literal_column(f"'{weight}'"), type_=TSVECTOR)


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
_names = func.array_to_string(bindparam("names", type_=ARRAY(Text)), " ")
_key_points = func.array_to_string(VIDEOS.c.key_points, " ")


_each = func.to_tsvector("simple", func.concat_ws(" ", VIDEOS.c.title, VIDEOS.c.topic, _names))
_name = func.unnest(func.tsvector_to_array(_each)).table_valued("word").render_derived("named")
# Words of names that the vector would lack: what one is called is known word for word, "its and it's" and vitamin A.
_dropped = func.coalesce(
    select(func.array_to_tsvector(func.array_agg(_name.c.word), type_=TSVECTOR))
    .where(is_dropped(_name.c.word))
    .scalar_subquery(),
    cast(literal_column("''"), TSVECTOR),
)


def _vector(marks: ColumnElement[str]) -> ColumnElement[str]:
    """All that search knows of a video."""
    named = ((VIDEOS.c.title, "A"), (VIDEOS.c.topic, "A"), (_names, "B"))
    told = ((_key_points, "B"), (VIDEOS.c.summary, "C"), (_spoken, "D"))
    parts = [*(_weighted(source, weight) for source, weight in (*named, *told)), _dropped, marks]
    return functools.reduce(lambda left, right: left.op("||")(right), parts)


_this = VIDEOS.c.id == bindparam("video_id")
# `named` is for workers of the release before alone, which would name the lesson again in their own way.
_NAMED = {"names_kept": true(), "named": true()}
_document = upsert(DOCUMENTS).from_select(
    ["video_id", "words", *_NAMED], select(VIDEOS.c.id, _vector(_marks()), *_NAMED.values()).where(_this)
)
_told = func.concat_ws(" ", VIDEOS.c.title, _names, _key_points, VIDEOS.c.summary, _spoken)
_simple = func.to_tsvector("simple", _told)
_word = func.unnest(func.tsvector_to_array(_simple)).table_valued("word").render_derived("spoken")
# In the order of the words: two who publish the same new words at once must not wait for each other.
_words = (
    select(_word.c.word)
    .select_from(VIDEOS.join(_word, true()))
    .where(_this, _word.c.word.op("~")(literal("^[[:alpha:]]{3,}$")))
    .order_by(_word.c.word)
)
_LEARNED = compile_command(upsert(WORDS).from_select(["word"], _words).on_conflict_do_nothing())
_replaced = {name: _document.excluded[name] for name in ("words", *_NAMED)}
ADDED = (
    compile_command(_document.on_conflict_do_update(index_elements=["video_id"], set_=_replaced)),
    _LEARNED,
)
"""What makes a video that was just published findable; the parameters are video_id and names, what it is called besides."""
_mark = func.unnest(func.tsvector_to_array(DOCUMENTS.c.words)).table_valued("name").render_derived("mark")
_kept = (
    select(func.array_to_tsvector(func.array_agg(_mark.c.name), type_=TSVECTOR))
    .where(_mark.c.name.op("~")(literal_column("'^/.:'")))
    .scalar_subquery()
)
NAMED = (
    compile_command(
        update(DOCUMENTS)
        .where(_this, DOCUMENTS.c.video_id == VIDEOS.c.id, ~DOCUMENTS.c.names_kept)
        .values(words=_vector(_kept), **_NAMED)
    ),
    _LEARNED,
)
"""The same for one that search knows without other names, on the shelves where it stands; once alone."""
UNNAMED = compile_statement(
    select(*COLUMNS)
    .join(DOCUMENTS, DOCUMENTS.c.video_id == VIDEOS.c.id)
    .where(~DOCUMENTS.c.names_kept, DOCUMENTS.c.video_id > bindparam("after"))
    .order_by(DOCUMENTS.c.video_id)
    .limit(bindparam("most")),
    Video,
)
"""Videos that search knows without other names, at most `most`, by id `after` one."""
