"""Who gets through: tokens are checked by the keys that the auth service publishes."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def reason(answer):
    return answer.json()["details"][0]["reason"]


def test_a_good_token_reaches_the_service_with_the_call(client, services):
    assert client.get("/v1/videos/a").status_code == 200
    assert services.seen.metadata["GetVideo"]["authorization"] == client.headers["authorization"]


def test_a_missing_token_is_asked_for(anonymous):
    answer = anonymous.get("/v1/videos/a")
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_MISSING")
    assert answer.headers["www-authenticate"] == 'Bearer realm="littlemonster"'


@pytest.mark.parametrize("claims", [{"iss": "somebody"}, {"aud": "something"}], ids=["issuer", "audience"])
def test_a_token_for_somebody_else_is_refused(anonymous, services, claims):
    answer = anonymous.get("/v1/videos/a", headers={"authorization": f"Bearer {services.token(**claims)}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


def test_an_expired_token_says_so(anonymous, services):
    answer = anonymous.get("/v1/videos/a", headers={"authorization": f"Bearer {services.token(exp=1_000_000_000)}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_token_without_an_end_is_refused(anonymous, services):
    answer = anonymous.get("/v1/videos/a", headers={"authorization": f"Bearer {services.token(exp=None)}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


def test_a_forged_token_is_refused(anonymous, services):
    forged = services.token(key=Ed25519PrivateKey.generate())
    answer = anonymous.get("/v1/videos/a", headers={"authorization": f"Bearer {forged}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJsaXR0bGVtb25zdGVyIn0."])
def test_nonsense_is_refused(anonymous, token):
    answer = anonymous.get("/v1/videos/a", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


def test_a_public_call_needs_no_token(anonymous):
    assert anonymous.post("/v1/auth/register", json={"email": "a@b.c"}).status_code == 200


def test_a_bad_token_is_no_hindrance_to_a_public_call_such_as_renewing_it(anonymous):
    answer = anonymous.post("/v1/auth/refresh", json={}, headers={"authorization": "Bearer x.y.z"})
    assert answer.status_code == 200


def test_a_token_in_the_query_counts_for_nothing(anonymous, services):
    answer = anonymous.get(f"/v1/videos/a?access_token={services.token()}")
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_MISSING")


def test_the_keys_are_there_for_everybody(anonymous):
    key = anonymous.get("/.well-known/jwks.json").json()["keys"][0]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
