"""How a session rotates its refresh tokens, and when it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain.sessions import (
    ABSOLUTE_LIFETIME,
    GRACE,
    INACTIVITY_LIFETIME,
    LONGEST_USER_AGENT,
    Ended,
    Repeated,
    Replayed,
    Rotated,
    expire_time,
    open_session,
    revoke,
    rotate,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SALT = b"salt"
SESSION = open_session("session", "user", "browser", NOW)


def test_the_newest_token_moves_the_session_on() -> None:
    outcome = rotate(SESSION, 1, SALT, LATER)
    assert outcome == Rotated(replace(SESSION, generation=2, last_used_time=LATER, successor_salt=SALT))


def test_a_spent_token_ends_the_session() -> None:
    second = replace(SESSION, generation=2)
    assert rotate(second, 1, SALT, LATER) == Replayed(replace(second, revoke_time=LATER), newly_revoked=True)


def test_the_token_spent_last_is_answered_again_for_ten_seconds() -> None:
    second = replace(SESSION, generation=2, last_used_time=LATER, successor_salt=b"first salt")
    assert rotate(second, 1, SALT, LATER + GRACE - timedelta(microseconds=1)) == Repeated(second)
    assert isinstance(rotate(second, 1, SALT, LATER + GRACE), Replayed)


def test_within_ten_seconds_no_older_token_and_no_ended_session_is_answered_again() -> None:
    third = replace(SESSION, generation=3, last_used_time=LATER)
    assert isinstance(rotate(third, 1, SALT, LATER), Replayed)
    assert isinstance(rotate(revoke(third, LATER), 2, SALT, LATER), Replayed)


def test_a_spent_token_of_an_ended_session_leaves_the_time_it_ended() -> None:
    ended = replace(SESSION, generation=2, revoke_time=NOW)
    assert rotate(ended, 1, SALT, LATER) == Replayed(ended, newly_revoked=False)


def test_the_newest_token_of_an_ended_session_is_refused() -> None:
    assert rotate(revoke(SESSION, NOW), 1, SALT, LATER) == Ended()


@pytest.mark.parametrize("early", [timedelta(microseconds=1), timedelta(days=1)])
def test_a_session_used_within_thirty_days_lives(early: timedelta) -> None:
    assert isinstance(rotate(SESSION, 1, SALT, NOW + INACTIVITY_LIFETIME - early), Rotated)


def test_a_session_unused_for_thirty_days_has_expired() -> None:
    assert rotate(SESSION, 1, SALT, NOW + INACTIVITY_LIFETIME) == Ended()


def test_no_use_keeps_a_session_beyond_ninety_days() -> None:
    used = replace(SESSION, last_used_time=NOW + ABSOLUTE_LIFETIME - timedelta(days=1))
    assert expire_time(used) == NOW + ABSOLUTE_LIFETIME
    assert rotate(used, 1, SALT, NOW + ABSOLUTE_LIFETIME) == Ended()


def test_a_client_s_description_is_cut_and_cannot_hold_controls() -> None:
    session = open_session("session", "user", "bad\x00\r\nagent" + "x" * 1000, NOW)
    assert session.user_agent.startswith("bad   agentx")
    assert len(session.user_agent) == LONGEST_USER_AGENT
