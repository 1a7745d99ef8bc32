"""Full-text search of PUBLIC videos: ranked, with the passage that matched and the second it is spoken at."""

import html
import re
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Integer, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Text, Uuid

from content_service.domain import Match, Matches, SearchQuery, Video
from content_service.storage.reads import whole_number
from content_service.storage.statements import COLUMNS, VIDEOS
from servicekit.caller import acting_as
from servicekit.database import Database, Statement, compile_statement
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token

_WORD = re.compile(r"\w+")
_MOST_WORDS = 16
# Control characters mark the matches until the text around them is escaped; no stored text can hold them.
_START, _STOP = "\x02", "\x03"
_HEADLINE = f"StartSel={_START}, StopSel={_STOP}, MaxFragments=1, MinWords=8, MaxWords=24"


class PostgresSearch:
    """The adapter of `ports.Search`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, query: SearchQuery, size: int, page_token: str) -> Matches:
        """Reads as anybody: only what is PUBLIC is searched. Raises PageTokenInvalid."""
        words = _WORD.findall(query.text.lower())[:_MOST_WORDS]
        if not words:
            return Matches([], [], "")
        given = {"subject": query.subject, "difficulty": query.difficulty}
        parameters: dict[str, Any] = {name: value for name, value in given.items() if value}
        statement = _statement(frozenset(parameters), bool(page_token))
        if page_token:
            parameters["after_rank"], parameters["after_id"] = _decoded(query, page_token)
        # The last word may be half typed.
        every, some = (operator.join([*words[:-1], f"{words[-1]}:*"]) for operator in (" & ", " | "))
        with acting_as(None):
            rows = await self._database.all(statement, limit=size + 1, every_word=every, some_word=some, **parameters)
        return _page(query, rows, size)


def _decoded(query: SearchQuery, token: str) -> tuple[int, str]:
    rank, video_id = decode_page_token(token, query.fingerprint, 2)
    try:
        return whole_number(rank), str(UUID(str(video_id)))
    except ValueError:
        raise PageTokenInvalid from None


@cache
def _statement(filters: frozenset[str], after: bool) -> Statement[tuple[Video, Match]]:
    every = func.to_tsquery("english", bindparam("every_word", type_=Text))
    some = func.to_tsquery("english", bindparam("some_word", type_=Text))
    # Rounded, so that a page token compares with exactly what it was made from.
    rank = func.round(func.ts_rank_cd(VIDEOS.c.search, every) * 1_000_000).cast(Integer)
    found = select(VIDEOS.c.id, rank.label("rank")).where(VIDEOS.c.status == "PUBLIC", VIDEOS.c.search.op("@@")(every))
    for name in sorted(filters):
        found = found.where(VIDEOS.c[name] == bindparam(name))
    if after:
        last = tuple_(bindparam("after_rank", type_=Integer), bindparam("after_id", type_=Uuid))
        found = found.where(tuple_(rank, VIDEOS.c.id) < last)
    page = found.order_by(rank.desc(), VIDEOS.c.id.desc()).limit(bindparam("limit")).cte("page")
    cue = func.jsonb_array_elements(VIDEOS.c.cues).table_valued("value").alias("cue")
    text = cue.c.value.cast(JSONB)["text"].astext
    spoken = (
        select(func.min(cue.c.value.cast(JSONB)["start"].astext.cast(Float)))
        .select_from(cue)
        .where(func.to_tsvector("english", text).op("@@")(some))
        .scalar_subquery()
    )
    words = select(func.string_agg(text, " ")).select_from(cue).scalar_subquery()
    passage = func.concat_ws(". ", VIDEOS.c.title, VIDEOS.c.summary, func.coalesce(words, ""))
    snippet = func.ts_headline("english", passage, some, _HEADLINE)
    return compile_statement(
        select(*COLUMNS, page.c.rank, snippet.label("snippet"), spoken.label("spoken_at"))
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


def _page(query: SearchQuery, rows: list[tuple[Video, Match]], size: int) -> Matches:
    shown = rows[:size]
    token = ""
    if len(rows) > size:
        last = shown[-1][1]
        token = encode_page_token(query.fingerprint, last.rank, last.video_id)
    return Matches([match for _, match in shown], [video for video, _ in shown], token)
