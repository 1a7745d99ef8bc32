"""Leaving for good, and thinking better of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.administration import AccountChange
from auth_service.domain.audit import AuditAction
from auth_service.domain.erasure import SERVICES, Erasure, announce
from auth_service.domain.events import AccessRevoked, SessionRevoked, UserDeleted
from auth_service.domain.sessions import open_session
from auth_service.errors import FreshSignInNeeded, LastAdmin, PersonNeeded, RefreshTokenInvalid, UserNotFound
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.erasure import BATCH, Erasing, ErasureList, receive
from servicekit.caller import Caller, Role, acting_as
from servicekit.database import DatabaseUnavailable
from servicekit.errors import ServiceError
from servicekit.ids import new_id

GRACE = timedelta(hours=24)


@pytest.fixture
def erasing(auth: Auth) -> Erasing:
    return Erasing(auth.database, auth.database.unit_of_work, auth.clock, GRACE)


async def leave(auth: Auth) -> Account:
    """The only account signs in and asks to be erased."""
    session_id = await fresh_session(auth)
    with acting_as(Caller(auth.account.id, Role.STUDENT, session_id)):
        await auth.leaving.leave(CLIENT)
    return auth.account


async def fresh_session(auth: Auth) -> str:
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    return max(auth.database.tables.sessions)


async def answer(auth: Auth, user_id: str, *services: str) -> None:
    for service in services:
        with acting_as(AUTH):
            async with auth.database.unit_of_work() as work:
                await receive(work, user_id, service, 2, auth.clock())


def letters(auth: Auth) -> list[MailKind]:
    return [mail.kind for mail in auth.database.tables.mails.values()]


async def test_asking_ends_every_session_and_says_so(auth: Auth) -> None:
    tokens = await auth.signed_in()
    await leave(auth)
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(tokens.refresh_token)
    assert sum(isinstance(event, SessionRevoked) for event in auth.database.tables.events) == 2
    assert auth.database.tables.events[-1] == AccessRevoked(auth.account.id, auth.clock())
    assert letters(auth)[-1] is MailKind.ERASURE_SCHEDULED


async def test_a_session_that_is_not_fresh_cannot_ask(auth: Auth) -> None:
    await auth.verified()
    session_id = await fresh_session(auth)
    auth.clock.advance(timedelta(minutes=6))
    with acting_as(Caller(auth.account.id, Role.STUDENT, session_id)), pytest.raises(FreshSignInNeeded):
        await auth.leaving.leave(CLIENT)
    assert auth.database.tables.erasures == {}


@pytest.mark.parametrize(
    ("caller", "refusal"), [(AUTH, PersonNeeded), (Caller("gone", Role.STUDENT, "session"), UserNotFound)]
)
async def test_who_has_no_account_cannot_ask(auth: Auth, caller: Caller, refusal: type[ServiceError]) -> None:
    with acting_as(caller), pytest.raises(refusal):
        await auth.leaving.leave(CLIENT)


async def test_signing_in_cancels_it_and_says_so(auth: Auth, erasing: Erasing) -> None:
    await auth.verified()
    await leave(auth)
    auth.clock.advance(GRACE - timedelta(seconds=1))
    back, again = [await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT) for _ in range(2)]
    assert isinstance(back, Tokens)
    assert isinstance(again, Tokens)
    assert (back.erasure_cancelled, again.erasure_cancelled) == (True, False)
    assert not (await auth.sessions.refresh(back.refresh_token)).erasure_cancelled
    assert letters(auth)[-1] is MailKind.ERASURE_CANCELLED
    auth.clock.advance(GRACE)
    assert await erasing.erase_due() == 0
    assert auth.account
    actions = [event.action for event in auth.database.tables.audit.events.values()]
    assert {AuditAction.ERASURE_REQUESTED, AuditAction.ERASURE_CANCELLED} <= set(actions)


async def test_asking_again_keeps_the_first_time(auth: Auth) -> None:
    await auth.verified()
    account = await leave(auth)
    first = auth.database.tables.erasures[account.id]
    async with auth.database.unit_of_work() as work:
        assert not await work.erasures.add(Erasure(account.id, auth.clock() + GRACE))
    assert auth.database.tables.erasures[account.id] == first


async def test_when_nobody_came_back_the_account_goes_and_every_service_is_told(auth: Auth, erasing: Erasing) -> None:
    await auth.verified()
    account = await leave(auth)
    assert await erasing.erase_due() == 0
    auth.clock.advance(GRACE)
    assert await erasing.erase_due() == 1
    assert await erasing.erase_due() == 0
    tables = auth.database.tables
    assert (tables.accounts, tables.sessions, tables.mails, tables.tokens) == ({}, {}, {}, {})
    assert tables.events[-1] == UserDeleted(account.id, auth.clock())
    (status,) = await ErasureList(auth.database).all()
    assert status.silent == ("content", "community", "planner")


async def test_it_is_finished_and_told_only_when_all_have_answered_in_whatever_order(
    auth: Auth, erasing: Erasing
) -> None:
    await auth.verified()
    account = await leave(auth)
    auth.clock.advance(GRACE)
    await erasing.erase_due()
    await answer(auth, account.id, "planner", "planner", "content")
    assert letters(auth) == []
    await answer(auth, account.id, "community", "planner")
    (mail,) = auth.database.tables.mails.values()
    assert (mail.kind, mail.recipient, mail.user_id) == (MailKind.ACCOUNT_ERASED, EMAIL, None)
    finished = auth.database.tables.erasures[account.id]
    assert (finished.finish_time, finished.email, finished.announce_time) == (auth.clock(), "", None)
    assert {service for _, service in auth.database.tables.receipts} == set(SERVICES)


async def test_silent_services_are_asked_again_ever_more_rarely(auth: Auth, erasing: Erasing) -> None:
    await auth.verified()
    account = await leave(auth)
    auth.clock.advance(GRACE)
    await erasing.erase_due()
    assert await erasing.ask_again() == 0
    for seconds in (30, 60, 120):
        auth.clock.advance(timedelta(seconds=seconds - 1))
        assert await erasing.ask_again() == 0
        auth.clock.advance(timedelta(seconds=1))
        assert await erasing.ask_again() == 1
    told = [event for event in auth.database.tables.events if isinstance(event, UserDeleted)]
    assert [event.user_id for event in told] == [account.id] * 4
    await answer(auth, account.id, *SERVICES)
    auth.clock.advance(timedelta(days=1))
    assert await erasing.ask_again() == 0


def test_the_pause_has_an_end(auth: Auth) -> None:
    now = auth.clock()
    often = Erasure("ada", now, announcements=10_000)
    assert announce(often, now).announce_time == now + timedelta(hours=1)


@pytest.mark.parametrize("known", [True, False])
async def test_a_receipt_for_an_account_that_is_here_means_nothing(auth: Auth, known: bool) -> None:
    await auth.verified()
    account = await leave(auth) if known else auth.account
    await answer(auth, account.id, *SERVICES)
    assert auth.database.tables.receipts == {}


async def test_an_account_whose_row_is_gone_already_is_finished_without_a_letter(auth: Auth, erasing: Erasing) -> None:
    async with auth.database.unit_of_work() as work:
        await work.erasures.add(Erasure("gone", auth.clock() - GRACE))
    assert await erasing.erase_due() == 1
    await answer(auth, "gone", *SERVICES)
    assert auth.database.tables.erasures["gone"].finish_time
    assert letters(auth) == []


async def test_of_two_admins_only_one_can_leave_and_nobody_can_take_the_role_from_the_other(auth: Auth) -> None:
    await auth.verified()
    first = replace(auth.account, role=Role.ADMIN)
    second = replace(first, id=new_id(), email="second@example.org")
    auth.database.tables.accounts = {each.id: each for each in (first, second)}
    for admin in (first, second):
        session = open_session(f"session of {admin.id}", admin.id, "browser", auth.clock())
        auth.database.tables.sessions[session.id] = session
    with acting_as(Caller(first.id, Role.ADMIN, f"session of {first.id}")):
        await auth.leaving.leave(CLIENT)
    with acting_as(Caller(second.id, Role.ADMIN, f"session of {second.id}")):
        with pytest.raises(LastAdmin):
            await auth.leaving.leave(CLIENT)
        with pytest.raises(LastAdmin):
            await auth.administration.change(second.id, AccountChange(role=Role.STUDENT))
    assert set(auth.database.tables.erasures) == {first.id}


async def test_a_batch_is_bounded(auth: Auth, erasing: Erasing) -> None:
    async with auth.database.unit_of_work() as work:
        for number in range(BATCH + 1):
            await work.erasures.add(Erasure(f"gone-{number}", auth.clock() - GRACE))
    assert [await erasing.erase_due() for _ in range(3)] == [BATCH, 1, 0]


@pytest.mark.parametrize("work", ["_erase", "_ask_again"])
async def test_an_account_that_cannot_be_erased_is_tried_again_and_keeps_no_other_here(
    auth: Auth, erasing: Erasing, work: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    people = ["first", "poison", "last"]
    for user_id in people:
        erasure = Erasure(user_id, auth.clock() - GRACE)
        auth.database.tables.erasures[user_id] = (
            erasure if work == "_erase" else announce(erasure, auth.clock() - GRACE)
        )
    done: list[str] = []

    async def act(user_id: str) -> None:
        if user_id == "poison":
            raise ZeroDivisionError
        done.append(user_id)

    monkeypatch.setattr(erasing, work, act)
    batch = erasing.erase_due if work == "_erase" else erasing.ask_again
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await batch()
    assert sorted(done) == ["first", "first", "last", "last"]
    assert [record.getMessage() for record in caplog.records] == ["erasure failed"] * 2


async def test_an_outage_ends_the_batch_at_once(auth: Auth, erasing: Erasing, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def act(user_id: str) -> None:
        tried.append(user_id)
        raise DatabaseUnavailable

    for user_id in ("first", "second"):
        auth.database.tables.erasures[user_id] = Erasure(user_id, auth.clock() - GRACE)
    monkeypatch.setattr(erasing, "_erase", act)
    with pytest.raises(DatabaseUnavailable):
        await erasing.erase_due()
    assert len(tried) == 1
