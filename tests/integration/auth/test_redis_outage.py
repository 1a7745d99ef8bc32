"""Signing in while Redis is away."""

import pytest
from integration.auth.conftest import Running

from auth_service.errors import CredentialsInvalid, TooManyAttempts


@pytest.fixture
def redis_url(closed_port: int) -> str:
    """Nobody listens there."""
    return f"redis://:secret@127.0.0.1:{closed_port}/0"


async def test_people_sign_in_and_guessing_is_limited_without_redis(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    await running.verified()
    assert (await running.log_in()).access_token
    for _ in range(10):
        with pytest.raises(CredentialsInvalid):
            await running.log_in(password="a wrong password")
    with pytest.raises(TooManyAttempts):
        await running.log_in()
    outages = [record for record in caplog.records if "Redis does not answer" in record.getMessage()]
    assert len(outages) == 1
    assert "secret" not in caplog.text
