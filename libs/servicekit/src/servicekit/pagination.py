"""Keyset page tokens: opaque to clients, bound to the query they came from, so a token never answers another question."""

import base64
import hashlib
import json
import math

from servicekit.errors import InvalidArgument

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100


class PageTokenInvalid(InvalidArgument):
    """The token was not made by us, or for another query."""

    reason = "PAGE_TOKEN_INVALID"
    message = "This pageToken does not belong to this query. Leave it out to start from the first page."


def page_size(requested: int) -> int:
    """How many rows a page has: 20 when not stated, at most 100."""
    return min(requested or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_page_token(query: str, *key: str | int | float) -> str:
    """The token for the page after the row with the sort key `key`, of the query described by `query`."""
    payload = json.dumps([1, _fingerprint(query), *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()


def decode_page_token(token: str, query: str, length: int) -> tuple[str | int | float, ...]:
    """The sort key in `token`, `length` values. Raises PageTokenInvalid."""
    try:
        payload = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        version, fingerprint, *key = json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        raise PageTokenInvalid from None
    storable = all(_is_storable(value) for value in key)
    if version != 1 or fingerprint != _fingerprint(query) or len(key) != length or not storable:
        raise PageTokenInvalid
    return tuple(key)


def _is_storable(value: object) -> bool:
    """Whether a database can compare with it; what we made always is, what somebody made up need not be."""
    match value:
        case bool():
            return False
        case str():
            return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return math.isfinite(value)
    return False


def _fingerprint(query: str) -> str:
    return hashlib.blake2s(query.encode(), digest_size=6).hexdigest()
