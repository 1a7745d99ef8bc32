"""Page tokens answer only the query they were made for; whatever else comes is refused, never an accident."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token, page_size

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
KEY = TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def forged(payload: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()


def fingerprint(query: str) -> str:
    """Read from an honest token, as an attacker would."""
    token = encode_page_token(query)
    return json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))[1]


@given(TEXT, st.lists(KEY, max_size=4))
def test_a_key_comes_back_from_its_token(query: str, key: list[str | int | float]) -> None:
    assert decode_page_token(encode_page_token(query, *key), query, len(key)) == tuple(key)


@given(TEXT, TEXT, KEY)
def test_a_token_does_not_answer_another_query(query: str, other: str, key: Any) -> None:
    if query != other:
        with pytest.raises(PageTokenInvalid):
            decode_page_token(encode_page_token(query, key), other, 1)


@given(st.text() | st.text("AZaz09-_=+/"))
def test_any_text_is_refused(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        decode_page_token(token, "videos", 1)


@given(ANY_JSON)
def test_any_json_is_refused(payload: Any) -> None:
    with pytest.raises(PageTokenInvalid):
        decode_page_token(forged(payload), "videos", 1)


NO_KEYS = {
    "null": "null",
    "true": "true",
    "list": "[]",
    "object": "{}",
    "not a number": "NaN",
    "infinite": "-Infinity",
    "too large": str(2**63),
    "too small": str(-(2**63) - 1),
    "of five thousand digits": "1" * 5000,
    "NUL": '"a\\u0000b"',
    "half a character": '"\\ud800"',
}


@pytest.mark.parametrize("value", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_a_key_no_database_compares_with_is_refused(value: str) -> None:
    payload = f'[1, "{fingerprint("videos")}", {value}]'
    with pytest.raises(PageTokenInvalid):
        decode_page_token(base64.urlsafe_b64encode(payload.encode()).decode().rstrip("="), "videos", 1)


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(PageTokenInvalid):
        decode_page_token(encode_page_token("videos", "a", 1), "videos", length)


def test_a_token_of_another_version_is_refused() -> None:
    with pytest.raises(PageTokenInvalid):
        decode_page_token(forged([2, fingerprint("videos"), "a"]), "videos", 1)


def test_a_deeply_nested_token_is_refused() -> None:
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(PageTokenInvalid):
        decode_page_token(nested, "videos", 1)


@pytest.mark.parametrize(("requested", "given_"), [(0, 20), (1, 1), (100, 100), (101, 100), (2**31 - 1, 100)])
def test_a_page_has_twenty_rows_unless_asked_and_never_more_than_a_hundred(requested: int, given_: int) -> None:
    assert page_size(requested) == given_
