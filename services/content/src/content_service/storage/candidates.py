"""The newest lessons that match a search, each with its rank.

Parameters of every statement: typed (text of a tsquery of the words as they were typed), dropped (another of those that
PostgreSQL drops, maybe empty), marks (a tsquery, maybe empty) and shelves.
"""

from typing import Any

from sqlalchemy import Integer, Numeric, Select, and_, bindparam, case, cast, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import Text

from content_service.storage.search_index import DOCUMENTS
from content_service.storage.statements import VIDEOS

CANDIDATES = 200
"""Matches that are ranked, the newest: what a page costs must not grow with what the school has gathered."""
# What one word of the least worth counts: 16 words of at most 8 each leave the sum an integer of four bytes.
_WORTH = 10_000_000


def read(language: str, parameter: str) -> ColumnElement[Any]:
    """The tsquery that a parameter's text is."""
    return func.to_tsquery(language, bindparam(parameter, type_=Text))


def once(query: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same, read once a statement and not for each row: that takes longer than to look at the row."""
    result: ColumnElement[Any] = select(query).scalar_subquery()
    return result


def whole_matches() -> Select[Any]:
    """The id and rank of those that hold every word: the parameter every_word, text of a tsquery."""
    words = read("english", "every_word")
    # A name of words that are all dropped, "its or it's", is looked for word for word.
    query = case((func.numnode(words) > 0, words), else_=read("simple", "every_word"))
    candidates = _candidates(query).subquery("candidates")
    return select(candidates.c.id, candidates.c.rank)


def partial_matches() -> Select[Any]:
    """The id and rank of those that hold some of the words: the parameters some_word, text of a tsquery of what they hold at
    least, and each_word, such a text for each.

    A word that half of the candidates or more hold is worth 1, and 1 more each time their share halves; what they hold
    together decides, and between equals what decides among whole matches. Steps, so that a lesson published between two
    pages seldom changes the order.
    """
    candidates = _candidates(read("english", "some_word")).cte("candidates")
    each = func.unnest(bindparam("each_word", type_=ARRAY(Text))).table_valued("word").render_derived("each")
    query = func.to_tsquery("english", each.c.word).label("query")
    # Read once, not for each candidate: PostgreSQL sends a notice whenever it reads a word such as "the".
    asked = select(each.c.word, query).cte("asked").prefix_with("MATERIALIZED")
    held = (
        select(candidates.c.id, candidates.c.rank, asked.c.word)
        .join(asked, candidates.c.words.op("@@")(asked.c.query))
        .cte("held")
    )
    share = select(func.count()).select_from(candidates).scalar_subquery().op("/")(func.count())
    worth = func.floor(func.log(literal_column("2.0"), cast(share, Numeric))) + 1
    worths = select(held.c.word, worth.label("worth")).group_by(held.c.word).cte("worths")
    rank = func.sum(worths.c.worth) * _WORTH + func.least(held.c.rank, _WORTH - 1)
    return (
        select(held.c.id, cast(rank, Integer).label("rank"))
        .join(worths, worths.c.word == held.c.word)
        .group_by(held.c.id, held.c.rank)
    )


def _candidates(query: ColumnElement[Any]) -> Select[Any]:
    """The newest matches: shelf after shelf, until there are enough.

    The index is asked by the query itself: the planner may know it beforehand, and how many lessons hold the words decides
    how it looks for them.
    """
    shelf = func.unnest(bindparam("shelves", type_=ARRAY(Text))).table_valued("name").render_derived("shelf")
    marks = cast(bindparam("marks", type_=Text), TSQUERY)
    wanted = query.op("&&")(cast(func.quote_literal(shelf.c.name), TSQUERY)).op("&&")(marks)
    # What holds the last word as it was typed counts twice: WWI is no half-typed WWII. What is called so word for word
    # counts twice again: vitamin A is not any vitamin.
    typed = DOCUMENTS.c.words.op("@@")(once(read("english", "typed")))
    called = and_(bindparam("dropped", type_=Text) != "", DOCUMENTS.c.words.op("@@")(once(read("simple", "dropped"))))
    worth = case((and_(typed, called), 4_000_000), (typed, 2_000_000), else_=1_000_000)
    # Rounded, so that a page token compares with exactly what it was made from.
    rank = func.round(func.ts_rank_cd(DOCUMENTS.c.words, once(query)) * worth)
    lot = (
        select(DOCUMENTS.c.video_id.label("id"), rank.cast(Integer).label("rank"), DOCUMENTS.c.words)
        .where(DOCUMENTS.c.words.op("@@")(wanted), func.numnode(once(query)) > 0)
        .where(select(VIDEOS.c.id).where(VIDEOS.c.id == DOCUMENTS.c.video_id, VIDEOS.c.status == "PUBLIC").exists())
        .limit(CANDIDATES)
        .lateral("lot")
    )
    return select(lot.c.id, lot.c.rank, lot.c.words).join_from(shelf, lot, true()).limit(CANDIDATES)
