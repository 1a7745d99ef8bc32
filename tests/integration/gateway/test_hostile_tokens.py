"""Forged tokens past Envoy's own verifier, which stands before that of the services (tests/security/auth)."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from integration.gateway.answering import KEY_ID
from integration.gateway.conftest import Services
from security.auth.hostile_tokens import encoded, flipped

HEADER: dict[str, Any] = {"alg": "EdDSA", "typ": "at+jwt", "kid": KEY_ID}
OTHER_KEY = Ed25519PrivateKey.generate()


def body(header: dict[str, Any] | str, extra: str = "") -> str:
    """The signed part of a token that would be good now; `extra` are more claims, as JSON."""
    now = int(time.time())
    claims = {"iss": "littlemonster", "aud": "littlemonster", "sub": "u1", "iat": now, "exp": now + 600}
    texts = header if isinstance(header, str) else json.dumps(header), json.dumps(claims)[:-1] + extra + "}"
    return ".".join(encoded(text.encode()) for text in texts)


def signed(key: Ed25519PrivateKey, text: str) -> str:
    return f"{text}.{encoded(key.sign(text.encode()))}"


def by_public_key(key: Ed25519PrivateKey, encoding: Encoding, form: PublicFormat) -> str:
    secret, text = key.public_key().public_bytes(encoding, form), body(HEADER | {"alg": "HS256"})
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def twice(name: str, first: str, last: str) -> str:
    """A header with one member given two times."""
    return json.dumps(HEADER | {name: first})[:-1] + f', "{name}": "{last}"}}'


FORGED: dict[str, Callable[[Ed25519PrivateKey], str]] = {
    "alg none": lambda _: f"{body(HEADER | {'alg': 'none'})}.",
    "alg None": lambda _: f"{body(HEADER | {'alg': 'None'})}.",
    "alg none beside an honest signature": lambda key: signed(key, body(HEADER | {"alg": "none"})),
    "alg missing": lambda key: signed(key, body({"typ": "at+jwt", "kid": KEY_ID})),
    "alg given twice, none last": lambda _: f"{body(twice('alg', 'EdDSA', 'none'))}.",
    "alg given twice, none first": lambda _: f"{body(twice('alg', 'none', 'EdDSA'))}.",
    "HS256 with the public key's bytes": lambda key: by_public_key(key, Encoding.Raw, PublicFormat.Raw),
    "HS256 with the public key as PEM": lambda key: by_public_key(key, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "kid unknown": lambda key: signed(key, body(HEADER | {"kid": "another"})),
    "kid of ours, another key": lambda _: signed(OTHER_KEY, body(HEADER)),
    "kid given twice, another key": lambda _: signed(OTHER_KEY, body(twice("kid", KEY_ID, "another"))),
    "kid missing, another key": lambda _: signed(OTHER_KEY, body({"alg": "EdDSA", "typ": "at+jwt"})),
    "truncated": lambda key: signed(key, body(HEADER))[:-4],
    "signature missing": lambda key: f"{body(HEADER)}.",
    "signature repeated": lambda key: signed(key, body(HEADER)) + signed(key, body(HEADER)).rpartition(".")[2],
    "signature of zeros": lambda _: f"{body(HEADER)}.{encoded(bytes(64))}",
    "header changed": lambda key: flipped(signed(key, body(HEADER)), 0),
    "claims changed": lambda key: flipped(signed(key, body(HEADER)), 1),
    "iss given twice": lambda key: signed(key, body(HEADER, ', "iss": "littlemonster"')),
    "two parts": lambda _: body(HEADER),
    "four parts": lambda key: f"{signed(key, body(HEADER))}.AAAA",
}


def asked(anonymous: httpx.Client, scheme: str, token: str) -> httpx.Response:
    return anonymous.get("/v1/videos/a", headers={"authorization": f"{scheme} {token}"})


def test_what_the_forged_tokens_are_made_of_is_good(anonymous: httpx.Client, services: Services) -> None:
    assert asked(anonymous, "Bearer", signed(services.key, body(HEADER))).status_code == 200


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_never_reaches_a_service(
    anonymous: httpx.Client, services: Services, forge: Callable[[Ed25519PrivateKey], str]
) -> None:
    services.seen.requests.pop("GetVideo", None)
    answer = asked(anonymous, "Bearer", forge(services.key))
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (401, "TOKEN_INVALID")
    assert "GetVideo" not in services.seen.requests


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_s_name_may_be_written_in_any_case(anonymous: httpx.Client, services: Services, scheme: str) -> None:
    """RFC 9110, 11.1."""
    assert asked(anonymous, scheme, signed(services.key, body(HEADER))).status_code == 200
    forged = asked(anonymous, scheme, signed(OTHER_KEY, body(HEADER)))
    assert (forged.status_code, forged.json()["details"][0]["reason"]) == (401, "TOKEN_INVALID")
