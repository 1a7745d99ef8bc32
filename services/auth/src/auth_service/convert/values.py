"""Times and page tokens, as every message has them."""

from datetime import datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from servicekit.pagination import PageTokenInvalid, decode_page_token


def timestamp(time: datetime) -> Timestamp:
    """A point in time."""
    message = Timestamp()
    message.FromDatetime(time)
    return message


def last_id(page_token: str, query: str) -> str | None:
    """The id the page before ended with, None for the first page. Raises PageTokenInvalid."""
    if not page_token:
        return None
    (key,) = decode_page_token(page_token, query, 1)
    try:
        return str(UUID(str(key)))
    except ValueError:
        raise PageTokenInvalid from None
