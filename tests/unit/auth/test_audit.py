"""What is written down of what is done with accounts, and how tampering is found."""

from dataclasses import replace

import pytest
from fakes.auth.clock import ManualClock
from fakes.auth.memory import MemoryAuditReader
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import MAIL_INTERVAL
from auth_service.domain.administration import AccountChange
from auth_service.domain.audit import AuditAction, AuditQuery, Link, shown_address
from auth_service.domain.registrations import MOST_MAILS
from auth_service.domain.sessions import GRACE, Client
from auth_service.errors import (
    CredentialsInvalid,
    CurrentPasswordWrong,
    FreshSignInNeeded,
    LastAdmin,
    RefreshTokenReused,
    ResetTokenInvalid,
    UserNotFound,
)
from auth_service.use_cases.audit_log import (
    MOST_FINDINGS,
    SEALED_WITHIN,
    AuditLog,
    AuditSealing,
    AuditVerification,
    Verdict,
)
from auth_service.use_cases.auditing import entry, refusals_audited
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import Unavailable

NEW = "seven lamps in a harbour"


async def sealed(auth: Auth) -> None:
    while await AuditSealing(auth.database.unit_of_work).seal():
        pass


async def verdict(auth: Auth, first_kept: int = 1, anchor: Link | None = None) -> Verdict:
    return await AuditVerification(MemoryAuditReader(auth.database), auth.clock).verify(first_kept, anchor)


async def written(auth: Auth, number: int = 5) -> list[str]:
    """Ids of sealed entries, in the order of the chain."""
    async with auth.database.unit_of_work() as work:
        for _ in range(number):
            await work.audit.record(entry(AuditAction.SESSION_OPENED, auth.clock(), CLIENT))
    await sealed(auth)
    return [link.event_id for link in auth.database.tables.audit.links]


async def test_a_life_is_written_down_with_its_failures(auth: Auth) -> None:
    tokens = await auth.signed_in()
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in(EMAIL, "a wrong password", CLIENT)
    (session,) = auth.database.tables.sessions
    with acting_as(Caller(tokens.user_id, Role.STUDENT, session)):
        with pytest.raises(CurrentPasswordWrong):
            await auth.password_keeper.change("a wrong password", NEW, CLIENT)
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
        await auth.reauthentication.reauthenticate(NEW, "", CLIENT)
        await auth.sessions.sign_out(CLIENT)
    assert auth.audited() == [
        ("account.registered", "success"),
        ("email.verified", "success"),
        ("session.opened", "success"),
        ("session.opened", "CREDENTIALS_INVALID"),
        ("password.changed", "CURRENT_PASSWORD_WRONG"),
        ("password.changed", "success"),
        ("session.reauthenticated", "success"),
        ("session.revoked", "success"),
    ]
    failed = [event for event in auth.database.tables.audit.events.values() if event.outcome == "CREDENTIALS_INVALID"]
    assert [(each.actor_id, each.subject_id, each.ip_address) for each in failed] == [("", tokens.user_id, "192.0.2.7")]


async def test_a_stranger_s_failure_is_written_down_without_the_address_they_tried(auth: Auth) -> None:
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in("nobody@example.org", PASSWORD, CLIENT)
    assert auth.audited() == [("session.opened", "CREDENTIALS_INVALID")]
    assert "nobody" not in repr(auth.database.tables.audit)


@pytest.mark.parametrize(("taken", "outcome"), [(True, "EMAIL_TAKEN"), (False, "success")])
async def test_registrations_of_an_address_are_written_down_as_often_as_it_is_mailed(
    auth: Auth, taken: bool, outcome: str
) -> None:
    if taken:
        await auth.verified()
        auth.clock.advance(MAIL_INTERVAL)
    before = auth.audited()
    for _ in range(MOST_MAILS + 1):
        await auth.register()
    await auth.delivery.deliver_due()
    assert auth.audited()[len(before) :] == [("account.registered", outcome)] * MOST_MAILS


async def test_no_name_and_no_address_is_written_down(auth: Auth) -> None:
    await auth.signed_in()
    log = repr(auth.database.tables.audit)
    assert EMAIL not in log
    assert "Ada" not in log


async def test_a_replayed_refresh_token_is_written_down_once(auth: Auth) -> None:
    first = await auth.signed_in()
    await auth.sessions.refresh(first.refresh_token)
    auth.clock.advance(GRACE)
    for _ in range(2):
        with pytest.raises(RefreshTokenReused):
            await auth.sessions.refresh(first.refresh_token, CLIENT)
    assert auth.audited().count(("session.refreshed", "REFRESH_TOKEN_REUSED")) == 1


async def test_what_admins_do_and_may_not_do_is_written_down(auth: Auth) -> None:
    await auth.signed_in()
    await auth.administer(auth.account.id, AccountChange(role=Role.ADMIN, suspended=True))
    await auth.administer(auth.account.id, AccountChange(suspended=False))
    with pytest.raises(LastAdmin):
        await auth.administer(auth.account.id, AccountChange(role=Role.STUDENT))
    with pytest.raises(UserNotFound):
        await auth.administer("unknown", AccountChange(suspended=True))
    assert auth.audited()[3:] == [
        ("account.role_changed", "success"),
        ("account.suspended", "success"),
        ("account.reinstated", "success"),
        ("account.role_changed", "LAST_ADMIN"),
    ]


async def test_an_admin_s_old_session_changes_nobody(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(Caller("boss", Role.ADMIN, "forgotten session")), pytest.raises(FreshSignInNeeded):
        await auth.administration.change(auth.account.id, AccountChange(suspended=True))
    assert auth.account.suspend_time is None
    assert auth.audited()[-1] == ("account.suspended", "FRESH_SIGN_IN_NEEDED")


async def test_an_outage_is_no_refusal(auth: Auth) -> None:
    with pytest.raises(Unavailable):
        async with refusals_audited(auth.database.unit_of_work, entry(AuditAction.ERASED, auth.clock())):
            raise Unavailable
    with pytest.raises(ResetTokenInvalid):
        async with refusals_audited(auth.database.unit_of_work, entry(AuditAction.ERASED, auth.clock())):
            raise ResetTokenInvalid
    assert auth.audited() == [("account.erased", "RESET_TOKEN_INVALID")]


async def test_admins_read_the_log(auth: Auth) -> None:
    await auth.signed_in()
    log = AuditLog(MemoryAuditReader(auth.database))
    newest, second = await log.search(AuditQuery(), None, 2)
    assert (newest.action, second.action) == ("session.opened", "email.verified")
    assert list(await log.search(AuditQuery(action="session.opened"), newest.id, 2)) == []


async def test_a_chain_that_nobody_touched_is_whole(auth: Auth) -> None:
    assert await verdict(auth) == Verdict()
    await written(auth, 500)
    found = await verdict(auth)
    assert (found.findings, found.unsealed, found.head) == ([], 0, auth.database.tables.audit.links[-1])
    assert (await verdict(auth, anchor=auth.database.tables.audit.links[250])).findings == []


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "forged"},
        {"action": "forged"},
        {"actor_id": "forged"},
        {"subject_id": "x"},
        {"ip_address": "192.0.2.8"},
    ],
)
async def test_a_changed_entry_is_named(auth: Auth, change: dict[str, str]) -> None:
    ids = await written(auth)
    events = auth.database.tables.audit.events
    events[ids[2]] = replace(events[ids[2]], **change)
    assert [(each.position, each.event_id, each.problem) for each in (await verdict(auth)).findings] == [
        (3, ids[2], "was changed")
    ]


async def test_a_removed_entry_is_named_unless_its_time_was_over(auth: Auth) -> None:
    ids = await written(auth)
    del auth.database.tables.audit.events[ids[1]]
    assert [(each.position, each.problem) for each in (await verdict(auth)).findings] == [(2, "was removed")]
    assert (await verdict(auth, first_kept=3)).findings == []


async def test_a_removed_link_is_noticed_at_the_next(auth: Auth) -> None:
    await written(auth)
    del auth.database.tables.audit.links[1]
    (finding,) = (await verdict(auth)).findings
    assert (finding.position, "links were removed" in finding.problem) == (3, True)


async def test_a_chain_without_its_end_is_noticed_by_the_anchor(auth: Auth) -> None:
    await written(auth)
    tables = auth.database.tables.audit
    anchor = tables.links.pop()
    del tables.events[anchor.event_id]
    assert (await verdict(auth)).findings == []
    assert [each.position for each in (await verdict(auth, anchor=anchor)).findings] == [5]


async def test_an_entry_kept_out_of_the_chain_is_counted(auth: Auth) -> None:
    ids = await written(auth)
    event = auth.database.tables.audit.events[ids[0]]
    auth.database.tables.audit.events["another"] = replace(event, id="another")
    assert (await verdict(auth)).unsealed == 0
    auth.clock.advance(SEALED_WITHIN)
    assert (await verdict(auth)).unsealed == 1


async def test_no_more_is_told_than_somebody_reads(auth: Auth) -> None:
    for each in await written(auth, 500):
        del auth.database.tables.audit.events[each]
    assert len((await verdict(auth)).findings) == MOST_FINDINGS


@pytest.mark.parametrize(
    ("text", "shown"),
    [("192.0.2.7", "192.0.2.7"), ("2001:DB8::0:1", "2001:db8::1"), ("", ""), ("'; --", ""), ("1.2.3", "")],
)
def test_only_an_address_is_written_down_as_one(text: str, shown: str) -> None:
    assert shown_address(text) == shown
    assert entry(AuditAction.ERASED, ManualClock().now, Client(text)).ip_address == shown
