"""The public vectors of Wycheproof past the access-token verifier, its JSON Web Keys and the signature check it calls.

None of its tokens or key sets is of the one kind taken here, EdDSA with Ed25519: so none may pass, not even those that are
valid by their own algorithm. Its Ed25519 vectors sign arbitrary bytes and no token, so they are put to the very check that
PyJWT makes of a token for ALGORITHM, with a key read as the verifier reads it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fakes.auth.keys import key_source
from security.auth.hostile_tokens import CLAIMS, HONEST, KEY, SECONDS, SIGNER, encoded

from servicekit.identity.jwks import key_set, public_key
from servicekit.identity.keys import KeyFileInvalid, StaticKeys
from servicekit.identity.tokens import ALGORITHM, TYPE, TokenInvalid, TokenVerifier

VECTORS = Path(__file__).parents[2] / "data" / "wycheproof"
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def vectors(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each vector of a file with the group it stands in; none may be lost on the way."""
    file = json.loads((VECTORS / f"{name}_test.json").read_text())
    found = [(group, test) for group in file["testGroups"] for test in group["tests"]]
    assert len(found) == file["numberOfTests"] > 0
    yield from found


TOKENS = [
    (group, test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"]))
    for name in ("json_web_signature", "json_web_key", "json_web_crypto")
    for group, test in vectors(name)
    if "jws" in test
]
KEY_SETS = [
    key if "keys" in key else {"keys": [{"kid": "one"} | key]}
    for group, _ in TOKENS
    for key in (group.get("public"), group.get("private"))
    if key
]


class AnyKey:
    """Has a good key for whatever a token asks for, and notes it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        self.asked.append(kid)
        return KEY.public_key()


def relabelled(jws: str) -> str:
    """The token as one that claims to be an access token of ours; what is no compact token stays as it is."""
    header, dot, rest = jws.partition(".")
    try:
        members = json.loads(jwt.utils.base64url_decode(header))
    except ValueError:
        return jws
    return encoded(json.dumps({"kid": "one"} | members | {"typ": TYPE}).encode()) + dot + rest


@pytest.mark.parametrize("disguise", [str, relabelled], ids=["as they are", "as access tokens"])
async def test_no_token_of_another_algorithm_passes_whatever_its_own_says_of_it(disguise: Any) -> None:
    keys = AnyKey()
    verifier = TokenVerifier(keys, keys, now=lambda: float(SECONDS))
    for _, jws in TOKENS:
        with pytest.raises(TokenInvalid):
            await verifier.verify(disguise(jws))
    assert keys.asked == []  # refused by the algorithm, before any key is looked for
    assert len(TOKENS) > 450


def test_no_key_set_of_another_kind_is_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for keys in KEY_SETS:
        file.write_text(json.dumps(keys))
        with pytest.raises(KeyFileInvalid):
            StaticKeys.from_file(file)
    assert len(KEY_SETS) > 450


def test_what_is_wrong_with_the_key_sets_is_wrong_with_ours_too() -> None:
    """Mixed, doubled, of another use or another curve: each of Wycheproof's faults, made with a key of the right kind."""
    good = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "one", "x": SIGNER.public_keys()[0].x}
    assert key_set([good, good | {"kid": "two"}]).keys() == {"one", "two"}
    assert key_set([good | {"key_ops": ["verify"]}]).keys() == {"one"}
    faults: dict[str, Any] = {
        "kty": "EC",
        "crv": "X25519",
        "use": "enc",
        "alg": "ES256",
        "key_ops": ["verify", "encrypt"],
        "kid": "",
        "d": good["x"],
        "x": good["x"] + "=",
    }
    for name, value in faults.items():
        with pytest.raises(ValueError, match="JWK"):
            key_set([good | {name: value}])
    for mixed in ([good, good], [good, {"kty": "oct", "kid": "two", "k": "AAAA"}], [good, "two"]):
        with pytest.raises(ValueError, match="JWK"):
            key_set(mixed)


def test_each_ed25519_signature_is_judged_as_the_vector_says() -> None:
    check = jwt.get_algorithm_by_name(ALGORITHM)
    seen = set()
    for group, test in vectors("ed25519"):
        key = public_key(group["publicKeyJwk"]["x"])
        good = check.verify(bytes.fromhex(test["msg"]), key, bytes.fromhex(test["sig"]))
        assert good is (test["result"] == "valid"), test["tcId"]
        seen.add(good)
    assert seen == {True, False}


async def test_what_the_ed25519_vectors_do_to_signatures_ruins_an_honest_token_too() -> None:
    """Garbage around, a piece cut off, halves swapped or set to zero, and S plus the group's order, which is the same point."""
    verifier = TokenVerifier(key_source(SIGNER), StaticKeys({}), now=lambda: float(SECONDS))
    body, _, signature = HONEST.rpartition(".")
    whole = jwt.utils.base64url_decode(signature)
    r, s = whole[:32], whole[32:]
    malleable = (int.from_bytes(s, "little") + ED25519_ORDER).to_bytes(32, "little")
    garbled = [
        whole + b"\x00",
        b"\x00" + whole,
        whole[:-1],
        r,
        s,
        s + r,
        bytes(32) + s,
        r + bytes(32),
        r + malleable,
        b"",
    ]
    assert (await verifier.verify(f"{body}.{encoded(whole)}")).id == CLAIMS["sub"]
    for each in garbled:
        with pytest.raises(TokenInvalid):
            await verifier.verify(f"{body}.{encoded(each)}")
