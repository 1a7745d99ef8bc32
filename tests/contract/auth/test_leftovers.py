"""What is removed when, in memory as in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, MailKind, Registration, open_account
from auth_service.domain.mails import ABANDONED_KEPT, SENT_KEPT, Mail, MailStatus, new_mail
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token
from auth_service.domain.sessions import (
    ABSOLUTE_LIFETIME,
    ENDED_KEPT,
    INACTIVITY_LIFETIME,
    Session,
    open_session,
    refresh_token,
    revoke,
)
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.housekeeping import BATCH, Housekeeping
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    """Rows of people are written by the service."""
    with acting_as(AUTH):
        yield


@pytest.fixture
async def ada(store: Store) -> Account:
    """Somebody whose rows they are."""
    account = open_account(new_id(), Registration("ada@example.org", "Ada", "hash", None), NOW)
    async with store.unit_of_work() as work:
        await work.accounts.add(account)
    return account


def session(owner: Account, *, opened: timedelta, used: timedelta, ended: timedelta | None = None) -> Session:
    """Opened, used and ended so long ago."""
    made = replace(open_session(new_id(), owner.id, "browser", NOW - opened), last_used_time=NOW - used)
    return made if ended is None else revoke(made, NOW - ended)


async def test_sessions_go_with_their_tokens_when_they_have_expired_or_ended_a_week_ago(
    store: Store, ada: Account
) -> None:
    now = timedelta()
    old = [
        session(ada, opened=INACTIVITY_LIFETIME, used=INACTIVITY_LIFETIME),
        session(ada, opened=ABSOLUTE_LIFETIME, used=now),
        session(ada, opened=ENDED_KEPT, used=ENDED_KEPT, ended=ENDED_KEPT),
    ]
    kept = [
        session(ada, opened=now, used=now),
        session(ada, opened=ABSOLUTE_LIFETIME - MOMENT, used=INACTIVITY_LIFETIME - MOMENT),
        session(ada, opened=ENDED_KEPT, used=ENDED_KEPT, ended=ENDED_KEPT - MOMENT),
    ]
    async with store.unit_of_work() as work:
        for each in (*old, *kept):
            await work.sessions.add(each)
            await work.sessions.add_refresh_token(refresh_token(digest(each.id), each))
    assert await store.leftovers.remove_sessions(NOW, 2) == 2
    assert await store.leftovers.remove_sessions(NOW, 2) == 1
    assert await store.leftovers.remove_sessions(NOW, 2) == 0
    async with store.unit_of_work() as work:
        assert [await work.sessions.get(each.id) for each in (*old, *kept)] == [None, None, None, *kept]
        tokens = [await work.sessions.refresh_token(digest(each.id)) for each in (*old, *kept)]
    assert [token is None for token in tokens] == [True] * 3 + [False] * 3


async def test_mailed_tokens_go_when_they_have_expired(store: Store, ada: Account) -> None:
    times = (NOW - timedelta(hours=1), NOW - timedelta(minutes=59))
    async with store.unit_of_work() as work:
        for time in times:
            await work.mailed_tokens.add(mailed_token(str(time), ada.id, TokenPurpose.RESET_PASSWORD, time))
    assert await store.leftovers.remove_mailed_tokens(NOW, 10) == 1
    async with store.unit_of_work() as work:
        assert [await work.mailed_tokens.get(digest(str(time))) is None for time in times] == [True, False]


async def test_mails_go_a_week_after_they_were_sent_a_month_after_they_were_abandoned_and_never_before(
    store: Store, ada: Account
) -> None:
    def mail(status: MailStatus, age: timedelta) -> Mail:
        return replace(new_mail(new_id(), ada.id, MailKind.VERIFY_EMAIL, ada.email, NOW - age), status=status)

    mails = [
        mail(MailStatus.SENT, SENT_KEPT),
        mail(MailStatus.ABANDONED, ABANDONED_KEPT),
        mail(MailStatus.SENT, SENT_KEPT - MOMENT),
        mail(MailStatus.ABANDONED, ABANDONED_KEPT - MOMENT),
        mail(MailStatus.PENDING, timedelta(days=365)),
    ]
    async with store.unit_of_work() as work:
        for each in mails:
            await work.mails.add(each)
    assert await store.leftovers.remove_mails(NOW, 10) == 2
    assert await store.leftovers.remove_mails(NOW, 10) == 0
    async with store.unit_of_work() as work:
        assert len(await work.mails.claim(NOW, NOW, 10)) == 1


async def test_a_sweep_takes_a_batch_of_each_until_nothing_is_left(store: Store, ada: Account) -> None:
    expired = [session(ada, opened=ABSOLUTE_LIFETIME, used=timedelta()) for _ in range(BATCH + 1)]
    async with store.unit_of_work() as work:
        for each in expired:
            await work.sessions.add(each)
        await work.mailed_tokens.add(mailed_token("old", ada.id, TokenPurpose.VERIFY_EMAIL, NOW - timedelta(days=2)))
    housekeeping = Housekeeping(store.leftovers, lambda: NOW, timedelta(days=7))
    assert [await housekeeping.sweep() for _ in range(3)] == [BATCH + 1, 1, 0]
