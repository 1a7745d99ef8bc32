"""What a process remembers of sessions that ended."""

import asyncio
from typing import Any

import pytest
from nats.errors import Error as NatsError

from auth_service.domain.access_tokens import ACCESS_LIFETIME
from servicekit.identity.revocation import TTL_SECONDS, RevokedSessions, watch_revocations


class Seconds:
    """A clock that moves only when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_is_remembered_for_longer_than_its_last_token_lives() -> None:
    assert ACCESS_LIFETIME.total_seconds() < TTL_SECONDS


def test_what_was_added_is_in_it_and_nothing_else() -> None:
    revoked = RevokedSessions()
    revoked.add("ended")
    assert "ended" in revoked
    assert "living" not in revoked
    assert "" not in revoked  # the session of a service's token


def test_old_sessions_make_room_when_new_ones_come() -> None:
    seconds = Seconds()
    revoked = RevokedSessions(seconds)
    for number in range(10):
        revoked.add(str(number))
        seconds.now += TTL_SECONDS / 5
    assert len(revoked) == 5
    assert "4" not in revoked
    assert "5" in revoked


def test_hearing_of_a_session_again_neither_doubles_nor_prolongs_it() -> None:
    seconds = Seconds()
    revoked = RevokedSessions(seconds)
    revoked.add("ended")
    seconds.now = TTL_SECONDS
    revoked.add("ended")
    revoked.add("another")
    assert "ended" not in revoked
    assert len(revoked) == 1


class Away:
    """A broker that does not answer."""

    connections = 0
    asked = 0

    async def jetstream(self) -> None:
        self.asked += 1
        raise NatsError


async def test_while_nats_is_away_it_is_asked_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.identity.revocation._RETRY_SECONDS", 0)
    broker: Any = Away()
    watching = asyncio.create_task(watch_revocations(broker, RevokedSessions()))
    while broker.asked < 3:
        await asyncio.sleep(0)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
