"""Reads of the catalogue. What is PUBLIC is the same for everybody, so those who ask together share one statement."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from content_service.domain import WORKER_SEEN, FeedQuery, Page, Progress, Queue, Stage, Status, Video, words_for
from content_service.storage import queue_statements, stage_statements, statements
from content_service.storage.coalescing import Coalescer
from servicekit.caller import Caller, acting_as, caller_or_none, current_caller
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.pagination import MAX_PAGE_SIZE, PageTokenInvalid, decode_page_token, encode_page_token

PageKey = tuple[FeedQuery, int, str]
# Seconds. Nobody notices them, and at a thousand reads a second they make the batches three times as full.
_PAUSE = 0.005
# A statement for each size of a page would push the others out of where connections keep them.
_LIMITS = (21, 51, MAX_PAGE_SIZE + 1)


class PostgresReads:
    """The adapter of `ports.Reads`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._public: Coalescer[str, Video] = Coalescer(self._read_public, lanes=1, pause=_PAUSE)
        self._pages: Coalescer[PageKey, Page] = Coalescer(self._read_pages, lanes=2, largest_batch=1)

    async def video(self, video_id: str) -> Video | None:
        """Most reads are of PUBLIC videos; only a miss asks again as the caller, who may own it."""
        video = await self._public.get(video_id.lower())
        if video is None and caller_or_none():
            video = await self._database.one(statements.VIDEO, id=video_id)
        return video

    async def _read_public(self, ids: Sequence[str]) -> Mapping[str, Video]:
        with acting_as(None):
            videos = await self._database.all(statements.PUBLIC_VIDEOS, ids=list(ids))
        return {video.id: video for video in videos}

    async def feed(self, query: FeedQuery, size: int, page_token: str) -> Page:
        """What is not PUBLIC is read as the caller, so that row-level security decides; everything else as anybody."""
        caller = caller_or_none()
        if caller and (query.created_by == caller.id or query.status not in (None, Status.PUBLIC)):
            return await self._page(query, size, page_token, own=True)
        if page_token:
            _decoded(query, page_token)
        page = await self._pages.get((query, size, page_token))
        return page or Page([], "")

    async def _read_pages(self, keys: Sequence[PageKey]) -> Mapping[PageKey, Page]:
        with acting_as(None):
            return {key: await self._page(*key, own=False) for key in keys}

    async def _page(self, query: FeedQuery, size: int, page_token: str, *, own: bool) -> Page:
        given = {"subject": query.subject, "difficulty": query.difficulty, "created_by": query.created_by}
        parameters: dict[str, Any] = {name: value for name, value in given.items() if value}
        filters = frozenset(parameters) | ({"own"} if own else frozenset())
        if page_token:
            parameters["after_key"], parameters["after_id"] = _decoded(query, page_token)
        limit = next(limit for limit in _LIMITS if limit > size)
        statement = statements.feed(query.sort, filters, bool(page_token), limit, query.status)
        videos = await self._database.all(statement, **parameters)
        return Page(videos[:size], _token(query, videos[size - 1]) if len(videos) > size else "")

    async def progress(self, video_id: str) -> Progress | None:
        """The job tells how far a video is until it ends; then the video itself does."""
        row = await self._database.one(statements.PROGRESS, id=video_id)
        if row is None or Status(row[0]).final:
            return None
        status, message, stage, percent, ready = row
        return Progress(video_id, status, stage, percent, message or words_for(Stage(stage)), ready)

    async def queue(self, owner: str) -> Queue:
        """Asked as the service: an account sees its own jobs only, and takes turns with everybody."""
        now = utc_now()
        with acting_as(Caller.service("content")):
            return Queue(
                shares=await self._database.all(queue_statements.SHARES, asking=owner, now=now),
                served=bool(await self._database.one(queue_statements.SERVED, asking=owner, now=now)),
                workers=await self._database.one(stage_statements.WORKERS, since=now - WORKER_SEEN) or 1,
                typical=dict(await self._database.all(stage_statements.TYPICAL)),
            )

    async def requested(self, request_id: str) -> Video | None:
        """By the unique index on creator and request id."""
        caller = current_caller()
        return await self._database.one(statements.REQUESTED, created_by=caller.id, request_id=request_id)


def _sort_key(query: FeedQuery, video: Video) -> str | int | float:
    if query.sort == "popular":
        return video.view_count
    if query.sort == "rating":
        return (video.rating_sum + 15.0) / (video.rating_count + 5)
    return video.create_time.isoformat()


def _token(query: FeedQuery, last: Video) -> str:
    return encode_page_token(query.fingerprint, _sort_key(query, last), last.id)


def _decoded(query: FeedQuery, token: str) -> tuple[Any, str]:
    key, last_id = decode_page_token(token, query.fingerprint, 2)
    try:
        return _KEYS[query.sort](key), str(UUID(str(last_id)))
    except (ValueError, TypeError, OverflowError):
        raise PageTokenInvalid from None


def whole_number(key: str | float) -> int:
    """A count as the database has it. Raises ValueError for a key that was made up."""
    if not isinstance(key, int) or not 0 <= key < 2**31:
        raise ValueError
    return key


def _score(key: str | float) -> float:
    if not isinstance(key, int | float) or not 0 <= key <= 5:
        raise ValueError
    return float(key)


def _time(key: str | float) -> datetime:
    time = datetime.fromisoformat(str(key))
    if time.tzinfo is None:
        raise ValueError
    return time


_KEYS: dict[str, Callable[[str | float], Any]] = {"recent": _time, "popular": whole_number, "rating": _score}
