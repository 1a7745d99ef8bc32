"""Every service's verifier refuses each hostile access token, and accepts the honest one."""

import pytest
from fakes.auth.keys import key_source
from security.auth.hostile_tokens import (
    ACCOUNT,
    CLAIMS,
    HEADER,
    HONEST,
    HOSTILE,
    KID,
    NOW,
    SECONDS,
    SERVICE_KEY,
    SESSION,
    SIGNER,
    signed,
    with_claims,
    with_header,
    without,
)

from auth_service.domain.access_tokens import claims
from auth_service.domain.sessions import Assurance, open_session
from servicekit.caller import Caller, Role
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import SERVICE_LIFETIME_SECONDS, ServiceTokens, TokenInvalid, TokenVerifier


@pytest.fixture
def verifier() -> TokenVerifier:
    """As in every service: auth's keys for people, the mesh's keys for services."""
    services = StaticKeys({"content": SERVICE_KEY.public_key()})
    return TokenVerifier(key_source(SIGNER), services, now=lambda: float(SECONDS))


async def test_the_honest_token_is_accepted(verifier: TokenVerifier) -> None:
    assert await verifier.verify(HONEST) == Caller(ACCOUNT.id, Role.STUDENT, SESSION.id)


async def test_the_table_s_own_signing_is_honest(verifier: TokenVerifier) -> None:
    assert await verifier.verify(signed(HEADER, CLAIMS)) == Caller(ACCOUNT.id, Role.STUDENT, SESSION.id)


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_token_is_refused_and_not_remembered(verifier: TokenVerifier, token: str) -> None:
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            await verifier.verify(token)
        assert verifier.remembered(token) is None


@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_the_signer_s_clock_may_be_a_minute_ahead(verifier: TokenVerifier, claim: str) -> None:
    assert (await verifier.verify(with_claims(**{claim: SECONDS + 60}))).id == ACCOUNT.id
    with pytest.raises(TokenInvalid):
        await verifier.verify(with_claims(**{claim: SECONDS + 61}))


async def test_how_well_the_bearer_is_known_is_told_and_is_the_least_where_it_is_not(verifier: TokenVerifier) -> None:
    proven = open_session(SESSION.id, ACCOUNT.id, "browser", NOW, Assurance.TWO_FACTORS)
    assert (await verifier.verify(SIGNER.sign(claims(ACCOUNT, proven, "another", NOW)))).aal == 2
    assert (await verifier.verify(HONEST)).aal == 1
    assert (await verifier.verify(without("aal"))).aal == 1


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk"])
async def test_a_header_that_points_to_a_key_is_ignored_beside_a_good_signature(
    verifier: TokenVerifier, header: str
) -> None:
    token = with_header(**{header: "http://127.0.0.1:9/keys.json"})
    assert (await verifier.verify(token)).id == ACCOUNT.id


async def test_a_service_s_key_does_not_sign_for_people_nor_for_other_services(verifier: TokenVerifier) -> None:
    assert (
        await verifier.verify(ServiceTokens("content", SERVICE_KEY, now=lambda: float(SECONDS)).token())
    ).role is Role.SERVICE
    person = signed(HEADER | {"kid": "content"}, CLAIMS, SERVICE_KEY)
    mesh = CLAIMS | {"iss": "littlemonster-mesh", "aud": "littlemonster-mesh", "sub": "auth"}
    other = signed({"alg": "EdDSA", "typ": "svc+jwt", "kid": "content"}, mesh, SERVICE_KEY)
    for token in (person, other):
        with pytest.raises(TokenInvalid):
            await verifier.verify(token)


async def test_auth_s_key_does_not_sign_for_services(verifier: TokenVerifier) -> None:
    mesh = CLAIMS | {"iss": "littlemonster-mesh", "aud": "littlemonster-mesh", "sub": "content"}
    for kid in (KID, "content"):
        with pytest.raises(TokenInvalid):
            await verifier.verify(signed({"alg": "EdDSA", "typ": "svc+jwt", "kid": kid}, mesh))


def test_a_service_s_token_is_renewed_before_it_expires() -> None:
    now = float(SECONDS)
    service = ServiceTokens("content", SERVICE_KEY, now=lambda: now)
    first = service.token()
    assert service.token() == first
    now += SERVICE_LIFETIME_SECONDS / 2
    assert service.token() != first
