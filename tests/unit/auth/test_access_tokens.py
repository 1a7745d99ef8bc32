"""What is in an access token and how it is signed."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.auth.clock import ManualClock
from fakes.auth.keys import key_source

from auth_service.clients.signing import Ed25519Signer
from auth_service.domain import access_tokens
from auth_service.domain.accounts import Registration, open_account
from auth_service.domain.secrets import TokenPurpose, digest, is_usable, mailed_token, new_salt, new_secret, successor
from auth_service.domain.sessions import open_session
from servicekit.identity import tokens as verification
from servicekit.identity.tokens import TokenVerifier

NOW = ManualClock().now
ID = "0190b5c0-0000-7000-8000-000000000001"
ACCOUNT = open_account(ID, Registration("ada@example.org", "Ada", "hash", None), NOW)
SESSION = open_session("session", ID, "browser", NOW)
CLAIMS = access_tokens.claims(ACCOUNT, SESSION, "token", NOW)


def test_a_token_names_its_bearer_session_and_role_for_ten_minutes() -> None:
    begin = int(NOW.timestamp())
    assert {
        "iss": "littlemonster",
        "aud": "littlemonster",
        "sub": ID,
        "sid": "session",
        "role": "STUDENT",
        "aal": 1,
        "jti": "token",
        "iat": begin,
        "exp": begin + 600,
    } == CLAIMS


def test_the_header_names_the_key_by_its_thumbprint() -> None:
    signer = Ed25519Signer(Ed25519PrivateKey.generate())
    (public,) = signer.public_keys()
    assert jwt.get_unverified_header(signer.sign(CLAIMS)) == {"alg": "EdDSA", "kid": public.kid, "typ": "at+jwt"}


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    (public,) = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(secret)).public_keys()
    assert public.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert public.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


async def test_every_service_s_verifier_accepts_what_auth_signs() -> None:
    signer = Ed25519Signer(Ed25519PrivateKey.generate())
    verifier = TokenVerifier(key_source(signer), key_source(signer), now=NOW.timestamp)
    caller = await verifier.verify(signer.sign(CLAIMS))
    assert (caller.id, caller.role, caller.session_id) == (ID, ACCOUNT.role, "session")


def test_auth_and_its_verifiers_agree_on_issuer_and_audience() -> None:
    assert (access_tokens.ISSUER, access_tokens.AUDIENCE) == (verification.ISSUER, verification.AUDIENCE)


def test_secrets_differ_and_fit_a_url() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 43 and secret.replace("-", "").replace("_", "").isalnum() for secret in secrets)


def test_a_secret_is_kept_as_its_sha_256() -> None:
    assert digest("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(("purpose", "hours"), [(TokenPurpose.VERIFY_EMAIL, 24), (TokenPurpose.RESET_PASSWORD, 1)])
def test_a_mailed_token_is_good_for_one_purpose_and_a_time(purpose: TokenPurpose, hours: int) -> None:
    token = mailed_token("secret", "account", purpose, NOW)
    assert token.expire_time == NOW + timedelta(hours=hours)
    assert [each for each in TokenPurpose if is_usable(token, each, NOW)] == [purpose]
    assert not is_usable(token, purpose, token.expire_time)


def test_a_successor_needs_both_the_token_and_the_salt() -> None:
    assert successor("token", b"salt") == successor("token", b"salt")
    assert len({successor("token", b"salt"), successor("tokem", b"salt"), successor("token", b"sale")}) == 3
    assert len(successor("token", new_salt())) == 43
