"""Another e-mail address as a client meets it, and raced on a real PostgreSQL."""

import asyncio

import pytest
from integration.auth.conftest import Running, bearer
from integration.auth.test_races import count

from auth_service.clients.letters import TemplateLetters
from auth_service.domain.accounts import MAIL_INTERVAL, MailKind
from auth_service.domain.mails import new_mail
from auth_service.errors import CredentialsInvalid, EmailTaken
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as pb2
from servicekit.clock import utc_now
from servicekit.errors import InvalidArgument, Unauthenticated
from servicekit.ids import new_id


async def asked(running: Running, new: str) -> tuple[auth_pb2.Tokens, dict[str, str]]:
    """Ada's session, and the tokens that were mailed, by recipient."""
    await running.verified()
    tokens = await running.log_in()
    before = len(running.mailer.taken)
    await running.users.ChangeEmail(pb2.ChangeEmailRequest(new_email=new), metadata=bearer(tokens))
    await running.delivery.deliver_due()
    return tokens, {letter.recipient: letter.text for _, letter in running.mailer.taken[before:]}


async def agree(running: Running, token: str) -> bool:
    request = pb2.ConfirmEmailChangeRequest(token=token)
    return (await running.users.ConfirmEmailChange(request)).complete


async def test_both_addresses_agree_and_the_new_one_signs_in(running: Running) -> None:
    new = f"new-{running.email}"
    tokens, mailed = await asked(running, new.upper())
    assert [await agree(running, mailed[running.email]), await agree(running, mailed[new])] == [False, True]
    me = await running.users.GetMe(pb2.GetMeRequest(), metadata=bearer(tokens))
    assert me.email == new
    assert (await running.log_in(new)).access_token
    with pytest.raises(CredentialsInvalid):
        await running.log_in()


async def test_twenty_who_agree_by_both_tokens_at_once_change_it_once(running: Running) -> None:
    _, mailed = await asked(running, f"new-{running.email}")
    await asyncio.gather(*(agree(running, token) for token in [*mailed.values()] * 10))
    assert await count(running, "mails", "kind = 'EMAIL_CHANGED'") == 1
    assert await count(running, "users", f"email = 'new-{running.email}'") == 1


async def test_of_two_who_want_one_address_at_once_one_gets_it(running: Running) -> None:
    new = f"new-{running.email}"
    _, mailed = await asked(running, new)
    bob = f"bob-{running.email}"
    await running.verified(bob)
    metadata = bearer(await running.log_in(bob))
    before = len(running.mailer.taken)
    await running.users.ChangeEmail(pb2.ChangeEmailRequest(new_email=new), metadata=metadata)
    await running.delivery.deliver_due()
    of_bob = {letter.recipient: letter.text for _, letter in running.mailer.taken[before:]}
    await agree(running, mailed[running.email])
    await agree(running, of_bob[bob])
    outcomes = await asyncio.gather(agree(running, mailed[new]), agree(running, of_bob[new]), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["EmailTaken", "bool"]
    assert await count(running, "users", f"email = '{new}'") == 1


async def test_registering_the_address_meanwhile_leaves_one_account_with_it(running: Running) -> None:
    new = f"new-{running.email}"
    _, mailed = await asked(running, new)
    await agree(running, mailed[running.email])
    outcomes = await asyncio.gather(agree(running, mailed[new]), running.register(new), return_exceptions=True)
    assert all(each in (True, None) or isinstance(each, EmailTaken) for each in outcomes), outcomes
    assert await count(running, "users", f"email = '{new}'") == 1


async def test_nobody_signed_in_asks_for_nothing(running: Running) -> None:
    with pytest.raises(Unauthenticated):
        await running.users.ChangeEmail(pb2.ChangeEmailRequest(new_email=running.email))


async def test_wishes_for_mail_leave_the_same_behind_for_every_address(running: Running) -> None:
    await running.verified()
    users, mails = await count(running, "users", f"mail_time < '{running.clock()}'"), await count(running, "mails")
    for number, email in enumerate((running.email, f"nobody-{running.email}")):
        await running.auth.ForgotPassword(auth_pb2.ForgotPasswordRequest(email=email))
        await running.auth.ResendVerification(auth_pb2.ResendVerificationRequest(email=email))
        # Before the worker looks, nothing else was written for either.
        assert await count(running, "mail_requests") == 2 * (number + 1)
        assert await count(running, "mails") == mails
        assert await count(running, "users", f"mail_time < '{running.clock()}'") == users


async def test_many_workers_decide_about_each_wish_once(running: Running) -> None:
    for number in range(10):
        await running.register(f"{number}-{running.email}")
    while await running.delivery.deliver_due():
        pass
    running.clock.advance(MAIL_INTERVAL)
    before = len(running.mailer.taken)
    for number in range(10):
        request = auth_pb2.ForgotPasswordRequest(email=f"{number}-{running.email}")
        await asyncio.gather(*(running.auth.ForgotPassword(request) for _ in range(3)))
    await asyncio.gather(*(running.delivery.deliver_due() for _ in range(6)))
    while await running.delivery.deliver_due():
        pass
    assert len(running.mailer.taken) - before == 10


HOSTILE = [
    "\x00@example.org",
    "a@example.org\r\nBcc: all@example.org",
    "\u202e@example.org",
    "x" * 1_000_000,
    "",
    "<b>@</b>",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_addresses_and_tokens_are_refused_clearly(running: Running, text: str) -> None:
    await running.verified()
    mine = bearer(await running.log_in())
    with pytest.raises(InvalidArgument) as refusal:
        await running.users.ChangeEmail(pb2.ChangeEmailRequest(new_email=text), metadata=mine)
    assert list(refusal.value.fields) in (["newEmail"], ["email"])
    with pytest.raises(InvalidArgument):
        await agree(running, text.ljust(16, "!"))
    assert await count(running, "email_changes") == 0


@pytest.mark.parametrize("kind", [MailKind.CONFIRM_PRESENT_EMAIL, MailKind.EMAIL_CHANGED])
def test_a_letter_names_the_other_address_as_text(kind: MailKind) -> None:
    mail = new_mail(new_id(), new_id(), kind, "a@example.org", utc_now(), about="a&b'x@example.org")
    letter = TemplateLetters("https://school.example.org").write(mail, "token")
    assert "a&b'x@example.org" in letter.text
    assert "a&amp;b&#39;x@example.org" in letter.html
