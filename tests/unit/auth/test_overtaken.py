"""What was true when somebody looked, and is not any more when they hold it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fakes.auth.memory_accounts import MemoryAccounts
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth
from unit.auth.test_email_changes import NEW, ask

from auth_service.domain.accounts import MAIL_INTERVAL, Account
from auth_service.domain.administration import AccountChange
from auth_service.domain.attempts import NETWORK_LIMIT
from auth_service.domain.email_changes import is_asked_by
from auth_service.domain.erasure import Erasure, ErasureStatus
from auth_service.domain.events import AccessRevoked
from auth_service.domain.health import ServiceHealth, Status
from auth_service.errors import (
    CredentialsInvalid,
    CurrentPasswordWrong,
    PasswordChecksBusy,
    SessionNotFound,
    TooManyAttempts,
)
from auth_service.ports import HealthProbe
from auth_service.use_cases.erasure import Erasing
from auth_service.use_cases.first_admin import FirstAdmin
from auth_service.use_cases.system_health import SystemHealth
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

GRACE = timedelta(hours=24)
NEW_PASSWORD = "seven lamps in a harbour"
Revoke = Callable[[Auth, Caller], Awaitable[object]]
Look = Callable[[str, str | None], Awaitable[bool]]


@pytest.fixture
async def ada(auth: Auth) -> Caller:
    """Signed in."""
    tokens = await auth.signed_in()
    (session,) = auth.database.tables.sessions
    return Caller(tokens.user_id, Role.STUDENT, session)


def meanwhile(auth: Auth, monkeypatch: pytest.MonkeyPatch, change: Callable[[Account], Account | None]) -> None:
    """Each time a password has been compared somebody else does this to the account."""
    compare = auth.passwords.matches

    async def compare_slowly(password: str, stored: str | None) -> bool:
        same = await compare(password, stored)
        account = auth.account
        if changed := change(account):
            auth.database.tables.accounts[account.id] = changed
        else:
            del auth.database.tables.accounts[account.id]
        return same

    monkeypatch.setattr(auth.passwords, "matches", compare_slowly)


def rehashed(account: Account) -> Account:
    """The same password, hashed anew."""
    other = {"plain:": "old:", "old:": "plain:"}
    kind, _, password = account.password_hash.partition(":")
    return replace(account, password_hash=other[f"{kind}:"] + password)


async def test_a_password_hashed_anew_again_and_again_lets_nobody_in(
    auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.verified()
    meanwhile(auth, monkeypatch, rehashed)
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert not auth.database.tables.sessions


async def busy(password: str, stored: str | None) -> bool:
    raise PasswordChecksBusy


async def otherwise(password: str, stored: str | None) -> bool:
    return False


@pytest.mark.parametrize(
    ("look", "refusal", "left"), [(busy, PasswordChecksBusy, 1), (otherwise, CredentialsInvalid, 0)]
)
async def test_a_password_that_is_looked_at_twice_is_counted_twice(
    auth: Auth, monkeypatch: pytest.MonkeyPatch, look: Look, refusal: type[Exception], left: int
) -> None:
    await auth.verified()

    def rehashed_once(account: Account) -> Account:
        monkeypatch.setattr(auth.passwords, "matches", look)
        return rehashed(account)

    async def guess(number: int, error: type[Exception]) -> None:
        with pytest.raises(error):
            await auth.sign_in.sign_in(f"{number}@example.org", "a wrong password", CLIENT)

    for number in range(NETWORK_LIMIT - 1):
        await guess(number, CredentialsInvalid)
    meanwhile(auth, monkeypatch, rehashed_once)
    with pytest.raises(refusal):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    monkeypatch.undo()
    for number in range(left):
        await guess(number, CredentialsInvalid)
    await guess(left, TooManyAttempts)


@pytest.mark.parametrize("change", [rehashed, lambda account: None], ids=["hashed anew", "erased"])
async def test_what_the_password_proved_counts_for_the_account_that_was_looked_at_alone(
    auth: Auth, ada: Caller, monkeypatch: pytest.MonkeyPatch, change: Callable[[Account], Account | None]
) -> None:
    meanwhile(auth, monkeypatch, change)
    with acting_as(ada), pytest.raises(SessionNotFound):
        await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)


async def test_a_password_that_was_set_meanwhile_is_not_overwritten(
    auth: Auth, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(auth, monkeypatch, rehashed)
    with acting_as(ada), pytest.raises(CurrentPasswordWrong):
        await auth.password_keeper.change(PASSWORD, NEW_PASSWORD, CLIENT)
    assert auth.account.password_hash == f"old:{PASSWORD}"


async def suspend(auth: Auth, ada: Caller) -> None:
    await auth.administer(ada.id, AccountChange(suspended=True))


async def leave(auth: Auth, ada: Caller) -> None:
    with acting_as(ada):
        await auth.leaving.leave(CLIENT)


async def change(auth: Auth, ada: Caller) -> None:
    with acting_as(ada):
        await auth.password_keeper.change(PASSWORD, NEW_PASSWORD, CLIENT)


async def reset(auth: Auth, ada: Caller) -> None:
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    await auth.password_keeper.reset(await auth.mailed_token(), NEW_PASSWORD, CLIENT)


async def take_over(auth: Auth, ada: Caller) -> None:
    await FirstAdmin(auth.database.unit_of_work, auth.passwords, auth.clock).create(EMAIL, "Ada", NEW_PASSWORD)


@pytest.mark.parametrize("revoke", [suspend, leave, change, reset, take_over])
async def test_access_is_revoked_at_a_time_when_the_account_was_held_so_no_session_of_before_looks_younger(
    auth: Auth, ada: Caller, monkeypatch: pytest.MonkeyPatch, revoke: Revoke
) -> None:
    auth.clock.advance(MAIL_INTERVAL)
    for name in ("get", "by_email"):
        monkeypatch.setattr(MemoryAccounts, name, after_a_second(auth, getattr(MemoryAccounts, name)))
    await revoke(auth, ada)
    (revoked,) = [event for event in auth.database.tables.events if isinstance(event, AccessRevoked)]
    assert revoked.revoke_time == auth.clock()


def after_a_second(auth: Auth, hold: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Somebody else holds the account meanwhile, to open a session as like as not."""

    async def wait(*args: object) -> object:
        auth.clock.advance(timedelta(seconds=1))
        return await hold(*args)

    return wait


async def test_a_letter_about_a_wish_that_is_gone_agrees_to_nothing(auth: Auth, ada: Caller) -> None:
    await ask(auth, ada, NEW)
    for mail in auth.database.tables.mails.values():
        assert not is_asked_by(mail, None, auth.account)


class Stale:
    """A reader of erasures that tells what was true a moment ago."""

    def __init__(self, *user_ids: str) -> None:
        self._user_ids = user_ids

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        return self._user_ids

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        return self._user_ids

    async def listed(self) -> Sequence[ErasureStatus]:
        return ()


async def test_an_erasure_that_was_cancelled_or_is_young_again_is_not_begun(auth: Auth, ada: Caller) -> None:
    auth.database.tables.erasures[ada.id] = Erasure(ada.id, auth.clock())
    erasing = Erasing(Stale(ada.id, new_id()), auth.database.unit_of_work, auth.clock, GRACE)
    await erasing.erase_due()
    await erasing.ask_again()
    assert auth.account.id == ada.id
    assert auth.audited()[-1] == ("session.opened", "success")


async def test_asking_to_leave_again_keeps_the_first_time(auth: Auth, ada: Caller) -> None:
    with acting_as(ada):
        auth.database.tables.erasures[ada.id] = Erasure(ada.id, first := auth.clock())
        auth.clock.advance(timedelta(minutes=1))
        await auth.leaving.leave(CLIENT)
    assert auth.database.tables.erasures[ada.id].request_time == first


class Probe:
    """A service that answers at once."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def check(self) -> ServiceHealth:
        return ServiceHealth(self._name, Status.SERVING)


async def test_the_state_of_the_system_is_told_in_the_order_of_the_services() -> None:
    probes: list[HealthProbe] = [Probe("auth"), Probe("content")]
    report: Callable[[], Awaitable[Sequence[ServiceHealth]]] = SystemHealth(probes).report
    assert [service.name for service in await report()] == ["auth", "content"]
