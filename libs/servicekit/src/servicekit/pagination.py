"""Keyset page tokens: opaque to clients, bound to the query they came from, so a token never answers another question."""

import base64
import binascii
import hashlib
import json

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
        version, fingerprint, *key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise PageTokenInvalid from None
    plain = all(isinstance(value, str | int | float) for value in key)
    if version != 1 or fingerprint != _fingerprint(query) or len(key) != length or not plain:
        raise PageTokenInvalid
    return tuple(key)


def _fingerprint(query: str) -> str:
    return hashlib.blake2s(query.encode(), digest_size=6).hexdigest()
