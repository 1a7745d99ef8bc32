"""Another e-mail address: only when both the new and the present one agree."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.auth.memory_leftovers import MemoryLeftovers
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import MAIL_INTERVAL, Registration, confirm, open_account
from auth_service.domain.attempts import CODE_WINDOW, EMAIL_CHANGE_LIMIT
from auth_service.domain.mails import Refusal
from auth_service.domain.secrets import LIFETIMES, TokenPurpose
from auth_service.domain.sessions import FRESH
from auth_service.errors import (
    CredentialsInvalid,
    EmailInvalid,
    EmailTaken,
    EmailTokenInvalid,
    EmailUnchanged,
    FreshSignInNeeded,
    RefreshTokenInvalid,
    ResetTokenInvalid,
    TooManyAttempts,
    UserNotFound,
)
from auth_service.use_cases.housekeeping import Housekeeping
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

NEW, THIRD = "ada@new.example", "ada@third.example"


@pytest.fixture
async def ada(auth: Auth) -> Caller:
    """Signed in."""
    tokens = await auth.signed_in()
    (session,) = auth.database.tables.sessions
    return Caller(tokens.user_id, Role.STUDENT, session)


async def ask(auth: Auth, caller: Caller, address: str = NEW) -> None:
    with acting_as(caller):
        await auth.email_changes.ask(address, CLIENT)


async def mailed(auth: Auth) -> dict[tuple[str, str], str]:
    """What came since last asked: the text, which is the token, by recipient and kind."""
    before = len(auth.mailer.taken)
    await auth.delivery.deliver_due()
    return {(letter.recipient, letter.subject): letter.text for _, letter in auth.mailer.taken[before:]}


async def tokens_of(auth: Auth, caller: Caller, address: str = NEW) -> tuple[str, str]:
    """The new address's token and the present one's."""
    await ask(auth, caller, address)
    letters = await mailed(auth)
    return letters[address, "CONFIRM_NEW_EMAIL"], letters[EMAIL, "CONFIRM_PRESENT_EMAIL"]


async def taken(auth: Auth, confirmed: bool = True) -> None:
    """Somebody else registered the new address."""
    other = open_account(new_id(), Registration(NEW, "Bob", "plain:x", None), auth.clock())
    auth.database.tables.accounts[other.id] = confirm(other, auth.clock()) if confirmed else other


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_only_both_tokens_change_the_address_and_the_previous_one_is_told(
    auth: Auth, ada: Caller, order: tuple[int, int]
) -> None:
    pair = await tokens_of(auth, ada)
    for _ in range(2):
        assert not await auth.email_changes.confirm(pair[order[0]], CLIENT)
    assert auth.account.email == EMAIL
    for _ in range(2):
        assert await auth.email_changes.confirm(pair[order[1]], CLIENT)
    assert auth.account.email == NEW
    assert list(await mailed(auth)) == [(EMAIL, "EMAIL_CHANGED")]
    assert isinstance(await auth.sign_in.sign_in(NEW, PASSWORD, CLIENT), Tokens)
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert [each for each in auth.audited() if each[0].startswith("email.change")] == [
        ("email.change_requested", "success"),
        ("email.changed", "success"),
    ]


async def test_the_change_ends_every_session_but_the_one_that_asked(auth: Auth, ada: Caller) -> None:
    other = await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert isinstance(other, Tokens)
    for token in await tokens_of(auth, ada):
        await auth.email_changes.confirm(token, CLIENT)
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(other.refresh_token)
    assert auth.database.tables.sessions[ada.session_id].revoke_time is None


async def test_a_letter_that_waited_for_the_mail_system_brings_the_previous_address_no_reset_token(
    auth: Auth, ada: Caller
) -> None:
    pair = await tokens_of(auth, ada)
    auth.clock.advance(MAIL_INTERVAL)
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    auth.mailer.refusal = Refusal("connection refused", permanent=False)
    await auth.delivery.deliver_due()
    for token in pair:
        await auth.email_changes.confirm(token, CLIENT)
    auth.mailer.refusal = None
    auth.clock.advance(CODE_WINDOW)
    late = await mailed(auth)
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(late[EMAIL, "RESET_PASSWORD"], "correct horse battery", CLIENT)


async def test_it_needs_a_fresh_session(auth: Auth, ada: Caller) -> None:
    auth.clock.advance(FRESH)
    with pytest.raises(FreshSignInNeeded):
        await ask(auth, ada)
    assert await mailed(auth) == {}
    assert not auth.database.tables.email_changes
    assert auth.audited()[-1] == ("email.change_requested", "FRESH_SIGN_IN_NEEDED")


async def test_a_taken_address_is_answered_alike_and_its_owner_told_but_nothing_ever_changes(
    auth: Auth, ada: Caller
) -> None:
    await taken(auth)
    await ask(auth, ada)
    letters = await mailed(auth)
    assert set(letters) == {(EMAIL, "CONFIRM_PRESENT_EMAIL"), (NEW, "ALREADY_REGISTERED")}
    assert not await auth.email_changes.confirm(letters[EMAIL, "CONFIRM_PRESENT_EMAIL"], CLIENT)
    assert [each.email for each in auth.database.tables.accounts.values()] == [EMAIL, NEW]


async def test_an_address_that_was_proven_somebody_else_s_meanwhile_stays_theirs(auth: Auth, ada: Caller) -> None:
    new, present = await tokens_of(auth, ada)
    await taken(auth)
    await auth.email_changes.confirm(present, CLIENT)
    with pytest.raises(EmailTaken):
        await auth.email_changes.confirm(new, CLIENT)
    assert auth.database.tables.accounts[ada.id].email == EMAIL


async def test_who_only_registered_the_address_keeps_nobody_from_it(auth: Auth, ada: Caller) -> None:
    await taken(auth, confirmed=False)
    for token in await tokens_of(auth, ada):
        await auth.email_changes.confirm(token, CLIENT)
    assert auth.account.email == NEW


async def test_a_newer_wish_makes_the_older_one_s_tokens_worthless(auth: Auth, ada: Caller) -> None:
    older = await tokens_of(auth, ada)
    newer = await tokens_of(auth, ada, THIRD)
    for token in older:
        with pytest.raises(EmailTokenInvalid):
            await auth.email_changes.confirm(token, CLIENT)
    for token in newer:
        await auth.email_changes.confirm(token, CLIENT)
    assert auth.account.email == THIRD


async def test_letters_of_an_older_wish_that_were_still_on_their_way_agree_to_nothing(auth: Auth, ada: Caller) -> None:
    await ask(auth, ada)
    await ask(auth, ada, THIRD)
    letters = [letter for _, letter in auth.mailer.taken]
    await auth.delivery.deliver_due()
    late = [letter for _, letter in auth.mailer.taken if letter not in letters]
    outcomes = []
    for letter in late:
        try:
            outcomes.append(await auth.email_changes.confirm(letter.text, CLIENT))
        except EmailTokenInvalid:
            outcomes.append(None)
    assert outcomes == [None, None, False, True]
    assert auth.account.email == THIRD


async def test_tokens_live_a_day_and_are_swept_with_the_wish(auth: Auth, ada: Caller) -> None:
    new, present = await tokens_of(auth, ada)
    await auth.email_changes.confirm(new, CLIENT)
    auth.clock.advance(LIFETIMES[TokenPurpose.CONFIRM_NEW_EMAIL])
    with pytest.raises(EmailTokenInvalid):
        await auth.email_changes.confirm(present, CLIENT)
    housekeeping = Housekeeping(MemoryLeftovers(auth.database), auth.clock, timedelta(days=7))
    assert await housekeeping.sweep() == 4  # the wish, its tokens, and that of the registration
    assert not auth.database.tables.email_changes


async def test_a_wish_that_is_over_is_agreed_to_by_no_token(auth: Auth, ada: Caller) -> None:
    new, _ = await tokens_of(auth, ada)
    change = auth.database.tables.email_changes[ada.id]
    auth.database.tables.email_changes[ada.id] = replace(change, expire_time=auth.clock())
    with pytest.raises(EmailTokenInvalid):
        await auth.email_changes.confirm(new, CLIENT)


async def test_a_new_password_makes_the_tokens_worthless(auth: Auth, ada: Caller) -> None:
    pair = await tokens_of(auth, ada)
    with acting_as(ada):
        await auth.password_keeper.change(PASSWORD, "seven lamps in a harbour", CLIENT)
    for token in pair:
        with pytest.raises(EmailTokenInvalid):
            await auth.email_changes.confirm(token, CLIENT)


async def test_a_reset_token_mailed_to_the_previous_address_dies_with_the_change(auth: Auth, ada: Caller) -> None:
    pair = await tokens_of(auth, ada)
    auth.clock.advance(MAIL_INTERVAL)
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    reset = (await mailed(auth))[EMAIL, "RESET_PASSWORD"]
    for token in pair:
        await auth.email_changes.confirm(token, CLIENT)
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(reset, "seven lamps in a harbour", CLIENT)


async def test_tokens_for_other_things_agree_to_nothing(auth: Auth, ada: Caller) -> None:
    await tokens_of(auth, ada)
    auth.clock.advance(MAIL_INTERVAL)
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    for token in ((await mailed(auth))[EMAIL, "RESET_PASSWORD"], "unknown"):
        with pytest.raises(EmailTokenInvalid):
            await auth.email_changes.confirm(token, CLIENT)


async def test_nobody_is_mailed_without_end(auth: Auth, ada: Caller) -> None:
    for number in range(EMAIL_CHANGE_LIMIT):
        await ask(auth, ada, f"{number}@example.org")
    with pytest.raises(TooManyAttempts) as refusal:
        await ask(auth, ada)
    assert refusal.value.retry_after == CODE_WINDOW


async def test_the_present_address_and_what_is_none_are_refused(auth: Auth, ada: Caller) -> None:
    with pytest.raises(EmailUnchanged):
        await ask(auth, ada, EMAIL.upper())
    with pytest.raises(EmailInvalid):
        await ask(auth, ada, "no address")
    with pytest.raises(UserNotFound):
        await ask(auth, replace(ada, id="erased"))


async def test_both_tokens_presented_at_once_change_the_address_once(auth: Auth, ada: Caller) -> None:
    pair = await tokens_of(auth, ada)
    outcomes = await asyncio.gather(*(auth.email_changes.confirm(token, CLIENT) for token in (*pair, *pair)))
    assert outcomes == [False, True, True, True]
    assert list(await mailed(auth)) == [(EMAIL, "EMAIL_CHANGED")]
