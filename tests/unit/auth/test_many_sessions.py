"""An account with very many sessions could never be suspended: all of them must be ended at once."""

from datetime import timedelta

from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, App, Auth

from auth_service.domain.events import SessionRevoked
from auth_service.domain.sessions import MOST_SESSIONS, SURPLUS_AT_ONCE, open_session

SECOND = timedelta(seconds=1)


def swell(auth: Auth, number: int) -> list[str]:
    """Opens so many sessions more, which were used one after the other. Their ids, that used longest ago first."""
    ids = [f"00000000-0000-0000-0000-{count:012}" for count in range(number)]
    for count, session_id in enumerate(ids):
        used = auth.clock() - SECOND * (number - count)
        auth.database.tables.sessions[session_id] = open_session(session_id, auth.account.id, "browser", used)
    return ids


async def sign_in(auth: Auth) -> None:
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


def living(auth: Auth) -> set[str]:
    return {each.id for each in auth.database.tables.sessions.values() if each.revoke_time is None}


def ended(auth: Auth) -> list[str]:
    return [event.session_id for event in auth.database.tables.events if isinstance(event, SessionRevoked)]


async def test_one_more_than_a_hundred_ends_the_one_used_longest_ago(auth: Auth) -> None:
    await auth.verified()
    oldest, *others = swell(auth, MOST_SESSIONS)
    await sign_in(auth)
    assert len(living(auth)) == MOST_SESSIONS
    assert set(others) < living(auth)
    assert ended(auth) == [oldest]


async def test_a_sign_in_by_a_second_factor_leaves_no_more_than_a_hundred_either(enrolled: App) -> None:
    auth = enrolled.auth
    swell(auth, MOST_SESSIONS)
    await enrolled.sign_in(enrolled.code())
    assert len(living(auth)) == MOST_SESSIONS


async def test_what_an_account_has_from_before_there_was_a_limit_ends_a_few_at_a_time(auth: Auth) -> None:
    await auth.verified()
    used = swell(auth, 2 * MOST_SESSIONS)
    await sign_in(auth)
    assert len(living(auth)) == 2 * MOST_SESSIONS + 1 - SURPLUS_AT_ONCE
    assert set(used[MOST_SESSIONS + 1 :]) < living(auth)
