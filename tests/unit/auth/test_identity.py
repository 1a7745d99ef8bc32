"""Which addresses and names are taken, and in what spelling."""

import pytest

from auth_service.domain.identity import normalise_display_name, normalise_email
from auth_service.errors import DisplayNameInvalid, EmailInvalid
from littlemonster.auth.v1.auth_service_pb2 import RegisterRequest
from servicekit.validation import RequestInvalid, validate


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ADA@Example.ORG", "ada@example.org"),
        ("ada+school@example.org", "ada+school@example.org"),
        ("o'hara_1.x@sub.example.org", "o'hara_1.x@sub.example.org"),
        ("cafe\u0301@example.org", "caf\u00e9@example.org"),
        ("a" * 64 + "@" + "b" * 189, "a" * 64 + "@" + "b" * 189),
    ],
)
def test_an_address_has_one_spelling(given: str, kept: str) -> None:
    assert normalise_email(given) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "ada@example.org@example.net",
        "ada @example.org",
        " ada@example.org",
        "ada@example.org\n",
        "ada@example.org\r\nBcc: all@example.org",
        "ada\x00@example.org",
        "ada\x07@example.org",
        "ada\x85@example.org",
        "ada\u2028@example.org",
        "ada\u202e@example.org",
        "ada\ud800@example.org",
        '"ada"@example.org',
        "ada@example.org,bob@example.org",
        "Ada <ada@example.org>",
        "=?utf-8?b?{?=@example.org",
        "=?utf-8?q?bob=40example.net?=@example.org",
        "ada@=?utf-8?q?example.net?=",
        "a" * 65 + "@example.org",
        "a" * 64 + "@" + "b" * 190,
        "a" * 1_000_000,
    ],
)
def test_what_is_no_address_is_refused_by_field(hostile: str) -> None:
    with pytest.raises(EmailInvalid) as refusal:
        normalise_email(hostile)
    assert list(refusal.value.fields) == ["email"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("Jose\u0301", "Jos\u00e9"),
        ("عائشة", "عائشة"),
        ("👩🏽‍🚀 Mae", "👩🏽‍🚀 Mae"),
        ("می‌خواهم", "می‌خواهم"),
        ("x" * 64, "x" * 64),
        ("𒀀" * 64, "𒀀" * 64),
    ],
)
def test_names_of_all_scripts_are_kept(given: str, kept: str) -> None:
    assert normalise_display_name(given) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " \u00a0 ",
        "a\x00b",
        "a\nb",
        "a\tb",
        "a\x7fb",
        "a\x9bb",
        "a\u2028b",
        "a\u2029b",
        "\u202eadA",
        "a\u2066b\u2069",
        "a\udfffb",
        "\u200b",
        "a\u200bb",
        "a\u00adb",
        "a\u2060b",
        "a\ufeffb",
        "\u200d",
        "\u200f \u200e",
        "x" * 65,
        "x" * 1_000_000,
    ],
)
def test_names_that_cannot_be_shown_safely_are_refused_by_field(hostile: str) -> None:
    with pytest.raises(DisplayNameInvalid) as refusal:
        normalise_display_name(hostile)
    assert list(refusal.value.fields) == ["displayName"]


def test_the_contract_and_the_rule_know_the_same_names() -> None:
    suspicious = [
        *range(0x300),
        *range(0x600, 0x620),
        *range(0x1800, 0x1810),
        *range(0x2000, 0x2100),
        0xFEFF,
        0xFFF9,
        0x1F680,
    ]
    for code in suspicious:
        for name in (chr(code), f"a{chr(code)}b"):
            assert by_contract(name) == by_rule(name), f"U+{code:04X} in {name!r}"


def by_contract(name: str) -> bool:
    request = RegisterRequest(email="ada@example.org", password="correct horse battery", display_name=name)
    try:
        validate(request)
    except RequestInvalid:
        return False
    return True


def by_rule(name: str) -> bool:
    try:
        normalise_display_name(name)
    except DisplayNameInvalid:
        return False
    return True
