"""Ed25519 keys as the standards write them."""

import asyncio
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from littlemonster.auth.v1.auth_service_pb2 import Jwk, Jwks
from servicekit.errors import Unavailable
from servicekit.identity.jwks import jwk, public_key
from servicekit.identity.keys import RemoteKeys, StaticKeys

# RFC 8037, appendix A.2 and A.3
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_key_of_rfc_8037_has_its_thumbprint() -> None:
    assert jwk(public_key(X)) == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": X,
        "kid": THUMBPRINT,
        "use": "sig",
        "alg": "EdDSA",
    }


def test_a_key_may_have_a_name_of_its_own() -> None:
    assert jwk(public_key(X), "content")["kid"] == "content"


@pytest.mark.parametrize("x", ["", "A", "AAAA", X + "AAAA", "é", "!", X + "=", X + "!", "!" + X, X[:-1] + "p"])
def test_what_is_no_key_is_a_value_error(x: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        public_key(x)


class Auth:
    """The auth service's stub: answers with its keys, or as told."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate().public_key()
        self.answer = asyncio.Event()
        self.answer.set()
        self.fails = False
        self.asked = 0
        self.kid = "one"
        self.more: list[Jwk] = []

    async def GetJwks(self, request: Any) -> Jwks:
        self.asked += 1
        await self.answer.wait()
        if self.fails:
            raise Unavailable(service="auth")
        return Jwks(keys=[Jwk(**jwk(self.key, self.kid)), *self.more])


async def test_known_keys_are_not_asked_for_again() -> None:
    auth = Auth()
    keys = RemoteKeys(auth)
    assert await keys.key("one") == await keys.key("one") == auth.key
    assert auth.asked == 1


async def test_keys_of_a_kind_that_a_later_version_publishes_are_left_out() -> None:
    auth = Auth()
    auth.more = [Jwk(kty="AKP", alg="ML-DSA-65", kid="later"), Jwk(**jwk(auth.key, "two") | {"use": "enc"})]
    keys = RemoteKeys(auth)
    assert [await keys.key(kid) for kid in ("one", "later", "two")] == [auth.key, None, None]


async def test_a_name_that_two_keys_have_is_no_key_s() -> None:
    auth = Auth()
    auth.more = [Jwk(**jwk(Ed25519PrivateKey.generate().public_key(), "one"))]
    with pytest.raises(ValueError, match="no kid of its own"):
        await RemoteKeys(auth).key("one")


async def test_unknown_keys_do_not_flood_the_auth_service() -> None:
    auth = Auth()
    keys = RemoteKeys(auth)
    assert [await keys.key(f"forged {number}") for number in range(50)] == [None] * 50
    assert auth.asked == 1


async def test_calls_at_the_same_time_share_one_question() -> None:
    auth = Auth()
    auth.answer.clear()
    keys = RemoteKeys(auth)
    calls = [asyncio.create_task(keys.key("one")) for _ in range(20)]
    await asyncio.sleep(0)
    auth.answer.set()
    assert await asyncio.gather(*calls) == [auth.key] * 20
    assert auth.asked == 1


async def test_in_an_outage_all_calls_fail_with_the_one_question_and_known_keys_still_serve() -> None:
    auth = Auth()
    keys = RemoteKeys(auth)
    await keys.key("one")
    keys._asked = float("-inf")  # long ago
    auth.fails = True
    auth.answer.clear()
    calls = [asyncio.create_task(keys.key("new")) for _ in range(20)]
    await asyncio.sleep(0)
    assert await keys.key("one") == auth.key
    auth.answer.set()
    assert {type(result) for result in await asyncio.gather(*calls, return_exceptions=True)} == {Unavailable}
    assert auth.asked == 2


async def test_after_an_outage_the_next_call_asks_at_once() -> None:
    auth = Auth()
    auth.fails = True
    keys = RemoteKeys(auth)
    with pytest.raises(Unavailable):
        await keys.key("one")
    auth.fails = False
    assert await keys.key("one") == auth.key


async def test_a_key_that_was_taken_back_is_forgotten_soon_while_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    auth, now = Auth(), 0.0
    monkeypatch.setattr("servicekit.identity.keys.time.monotonic", lambda: now)
    keys = RemoteKeys(auth)
    assert await keys.key("one") == auth.key
    auth.kid = "two"
    now = 59.0
    assert await keys.key("one") == auth.key
    assert auth.asked == 1
    now = 61.0
    assert await keys.key("one") == auth.key  # asks, and does not wait for the answer
    await asyncio.sleep(0)
    assert await keys.key("two") == auth.key
    now = 70.0
    assert await keys.key("one") is None


async def test_an_outage_of_auth_takes_no_known_key_away(monkeypatch: pytest.MonkeyPatch) -> None:
    auth, now = Auth(), 0.0
    monkeypatch.setattr("servicekit.identity.keys.time.monotonic", lambda: now)
    keys = RemoteKeys(auth)
    await keys.key("one")
    auth.fails = True
    for later in (100.0, 101.0, 102.0):
        now = later
        assert await keys.key("one") == auth.key
        await asyncio.sleep(0)
    assert auth.asked == 2
    auth.fails = False
    now = 200.0
    assert await keys.key("one") == auth.key


async def test_a_call_that_gives_up_does_not_take_the_answer_from_the_others() -> None:
    auth = Auth()
    auth.answer.clear()
    keys = RemoteKeys(auth)
    impatient, patient = asyncio.create_task(keys.key("one")), asyncio.create_task(keys.key("one"))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    auth.answer.set()
    assert await patient == auth.key


async def test_a_question_that_is_cancelled_leaves_the_next_call_to_ask() -> None:
    auth = Auth()
    auth.answer.clear()
    keys = RemoteKeys(auth)
    call = asyncio.create_task(keys.key("one"))
    await asyncio.sleep(0)
    assert keys._question
    keys._question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    auth.answer.set()
    keys._asked = float("-inf")
    assert await keys.key("one") == auth.key


async def test_static_keys_are_those_given() -> None:
    key = public_key(X)
    assert await StaticKeys({"one": key}).key("one") is key
    assert await StaticKeys({"one": key}).key("two") is None
