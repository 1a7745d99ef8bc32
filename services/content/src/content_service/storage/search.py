"""Full-text search of PUBLIC videos: ranked, with the passage that matched and the second it is spoken at."""

import html
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Integer, bindparam, func, literal_column, or_, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text, Uuid

from content_service.domain import Attempt, Match, Matches, SearchQuery, Video, in_digits
from content_service.storage.candidates import once, partial_matches, read, whole_matches
from content_service.storage.reads import whole_number
from content_service.storage.search_index import WORDS, is_dropped, shelves
from content_service.storage.statements import COLUMNS, VIDEOS
from content_service.tables import NUMBERS
from servicekit.caller import acting_as
from servicekit.database import Database, Statement, compile_statement
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token

_COMPLETIONS = 8
_SHORTEST_PREFIX = 3
_LENGTHS_APART = 2
_MOST_ALIKE = 2_000
# Control characters mark the matches until the text around them is escaped; no stored text can hold them.
_START, _STOP = "\x02", "\x03"
_HEADLINE = f"StartSel={_START}, StopSel={_STOP}, MaxFragments=1, MinWords=8, MaxWords=24"


class PostgresSearch:
    """The adapter of `ports.Search`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self, query: SearchQuery, words: Sequence[str], size: int, page_token: str, attempt: Attempt
    ) -> Matches:
        """Reads as anybody: only what is PUBLIC is searched."""
        after = _after(query, page_token) if page_token else {}
        with acting_as(None):
            prepared = await self._database.one(_PREPARED, asked=list(words), prefix=_prefix(words[-1]))
            newest, completions, dropped = prepared or (0, [], [])
            given = {"/s:": query.subject, "/d:": query.difficulty}
            rows = await self._database.all(
                found(bool(after), attempt is not Attempt.SOME),
                **_asked(words, completions, attempt),
                limit=size + 1,
                dropped=" & ".join(dropped),
                marks=" & ".join(f"'{mark}{value}'" for mark, value in given.items() if value),
                shelves=list(shelves(newest)),
                **after,
            )
        return _page(query, rows, size, attempt)

    def attempt(self, query: SearchQuery, page_token: str) -> Attempt:
        """As the token says."""
        return _decoded(query, page_token)[2]

    async def alike(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By first letter (or the second, should the first two be swapped) and length."""
        with acting_as(None):
            pairs = await self._database.all(_ALIKE, asked=list(words))
        known = {word for asked, word in pairs if asked == word}
        return {asked: [word for of, word in pairs if of == asked] for asked in words if asked not in known}


def _asked(words: Sequence[str], completions: Sequence[str], attempt: Attempt) -> dict[str, Any]:
    """The parameters of `found` that follow from the words and from what the last one may become."""
    typed = _spelt(words)
    each = [*typed[:-1], " | ".join(dict.fromkeys([typed[-1], *completions]))]
    if attempt is Attempt.SOME:
        telling = [text for word, text in zip(words, each, strict=True) if len(word) > 1]
        return {"each_word": list(dict.fromkeys(each)), "some_word": " | ".join(telling), "typed": " | ".join(typed)}
    every = " & ".join([*each[:-1], f"({each[-1]})"])
    return {"every_word": every, "some_word": " | ".join(each), "typed": " & ".join(typed)}


def _spelt(words: Sequence[str]) -> list[str]:
    """As texts of tsqueries; a Roman numeral may be written as digits, too."""
    digits = in_digits(words)
    return [word if word == digit else f"({word} | {digit})" for word, digit in zip(words, digits, strict=True)]


def _prefix(word: str) -> str:
    """What the last word's completions begin with; a shorter one would begin half the dictionary."""
    return word if len(word) >= _SHORTEST_PREFIX else "\uffff"


def _after(query: SearchQuery, token: str) -> dict[str, Any]:
    rank, video_id, _ = _decoded(query, token)
    return {"after_rank": rank, "after_id": video_id}


def _decoded(query: SearchQuery, token: str) -> tuple[int, str, Attempt]:
    rank, video_id, attempt = decode_page_token(token, query.fingerprint, 3)
    try:
        return whole_number(rank), str(UUID(str(video_id))), Attempt(whole_number(attempt))
    except ValueError:
        raise PageTokenInvalid from None


_prefix_given = bindparam("prefix", type_=Text)
_completions = (
    select(WORDS.c.word)
    .where(WORDS.c.word >= _prefix_given, WORDS.c.word < _prefix_given.concat("\uffff"))
    .order_by(func.length(WORDS.c.word), WORDS.c.word)
    .limit(_COMPLETIONS)
)
_given = func.unnest(bindparam("asked", type_=ARRAY(Text))).table_valued("word").render_derived("asked")
_dropped = select(_given.c.word).where(is_dropped(_given.c.word))
_PREPARED = compile_statement(
    select(
        literal_column("last_value"),
        func.array(_completions.scalar_subquery()),
        func.array(_dropped.scalar_subquery()),
    ).select_from(text(NUMBERS.name)),
    lambda newest, completions, dropped: (newest, completions, dropped),
)
_first = func.left(WORDS.c.word, 1)
# Each word has candidates of its own, and first the word itself: one that is known must never be bent.
_near = (
    select(WORDS.c.word)
    .where(
        or_(_first == func.left(_given.c.word, 1), _first == func.substr(_given.c.word, 2, 1)),
        func.abs(func.length(WORDS.c.word) - func.length(_given.c.word)) <= _LENGTHS_APART,
    )
    .order_by(WORDS.c.word != _given.c.word)
    .limit(_MOST_ALIKE)
    .lateral("near")
)
_ALIKE = compile_statement(
    select(_given.c.word, _near.c.word).join_from(_given, _near, true()),
    lambda asked, word: (asked, word),
)


@cache
def found(after: bool, every: bool) -> Statement[tuple[Video, Match]]:
    """A page of matches that hold `every` word or some, `after` a rank and id or from the start.

    Parameters: limit, some_word (text of a tsquery; when not `every` what they hold at least), every_word (another) when
    `every` and else each_word (such texts), after_rank and after_id when `after`, and those of `candidates`.
    """
    some = once(read("english", "some_word"))
    candidates = (whole_matches() if every else partial_matches()).cte("matches")
    best = select(candidates).order_by(candidates.c.rank.desc(), candidates.c.id.desc()).limit(bindparam("limit"))
    if after:
        last = tuple_(bindparam("after_rank", type_=Integer), bindparam("after_id", type_=Uuid))
        best = best.where(tuple_(candidates.c.rank, candidates.c.id) < last)
    page = best.cte("page")
    cue = func.jsonb_array_elements(VIDEOS.c.cues).table_valued("value").alias("cue")
    said = cue.c.value.cast(JSONB)["text"].astext
    spoken_at = (
        select(func.min(cue.c.value.cast(JSONB)["start"].astext.cast(Float)))
        .select_from(cue)
        .where(func.to_tsvector("english", said).op("@@")(some))
        .scalar_subquery()
    )
    transcript = select(func.string_agg(said, " ")).select_from(cue).scalar_subquery()
    passage = func.concat_ws(". ", VIDEOS.c.title, VIDEOS.c.summary, func.coalesce(transcript, ""))
    snippet = func.ts_headline("english", passage, some, _HEADLINE)
    return compile_statement(
        select(*COLUMNS, page.c.rank, snippet.label("snippet"), spoken_at.label("spoken_at"))
        .join(page, page.c.id == VIDEOS.c.id)
        .order_by(page.c.rank.desc(), VIDEOS.c.id.desc()),
        _row,
    )


def _row(*values: Any) -> tuple[Video, Match]:
    *columns, rank, snippet, spoken_at = values
    video = Video(*columns)
    return video, Match(video.id, rank, _marked(snippet), spoken_at)


def _marked(snippet: str) -> str:
    return html.escape(snippet, quote=False).replace(_START, "<b>").replace(_STOP, "</b>")


def _page(query: SearchQuery, rows: list[tuple[Video, Match]], size: int, attempt: Attempt) -> Matches:
    shown = rows[:size]
    token = ""
    if len(rows) > size:
        last = shown[-1][1]
        token = encode_page_token(query.fingerprint, last.rank, last.video_id, attempt)
    return Matches([match for _, match in shown], [video for video, _ in shown], token)
