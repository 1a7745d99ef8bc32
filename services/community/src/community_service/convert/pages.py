"""Page tokens ↔ the last row of the page before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from community_service.domain.comments import Comment, Sort
from community_service.domain.moderation import QueueItem
from community_service.ports import Cursor, QueueCursor
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token

_LARGEST_COUNT = 2**31 - 1
_QUEUE = "moderation queue"


def cursor(token: str, query: str, order: Sort) -> Cursor | None:
    """Where the page before ended; None for the first page. Raises PageTokenInvalid."""
    if not token:
        return None
    key, row_id = decode_page_token(token, query, 2)
    try:
        return _sort_key(key, order), str(UUID(str(row_id)))
    except ValueError:
        raise PageTokenInvalid from None


def next_page_token(comments: Sequence[Comment], size: int, query: str, order: Sort) -> str:
    """The token after the page's last row; empty when there is no row beyond it."""
    if len(comments) <= size:
        return ""
    last = comments[size - 1]
    key = last.reply_count if order is Sort.TOP else last.create_time.isoformat()
    return encode_page_token(query, key, last.id)


def queue_cursor(token: str) -> QueueCursor | None:
    """Where the page before ended; None for the first page. Raises PageTokenInvalid."""
    if not token:
        return None
    pressing, row_id = decode_page_token(token, _QUEUE, 2)
    try:
        return float(pressing), str(UUID(str(row_id)))
    except (ValueError, OverflowError):
        raise PageTokenInvalid from None


def next_queue_token(items: Sequence[QueueItem], size: int) -> str:
    """The token after the page's last item; empty when there is none beyond it."""
    if len(items) <= size:
        return ""
    return encode_page_token(_QUEUE, items[size - 1].pressing, items[size - 1].comment.id)


def _sort_key(value: str | int | float, order: Sort) -> datetime | int:
    if order is Sort.TOP:
        if isinstance(value, int) and 0 <= value <= _LARGEST_COUNT:
            return value
        raise ValueError(value)
    time = datetime.fromisoformat(str(value))
    if time.tzinfo is None:
        raise ValueError(value)
    return time
