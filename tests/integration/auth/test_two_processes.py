"""What counts once counts once for all processes: each secret is presented to two of them at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from integration.auth.people import Person
from integration.auth.racing import TIMES, Call, Two, signs_in, steps_up
from integration.auth.test_races import WAITS_FOR_A_ROW

from auth_service.domain.second_factors import MOST_TRIES
from auth_service.domain.secrets import TokenPurpose
from littlemonster.auth.v1 import auth_service_pb2 as pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from servicekit.ids import new_id

NEW = "seven lamps in a harbour"


def enrols(person: Person) -> Call:
    request = pb2.ConfirmTotpRequest(code=person.code())
    return lambda process: process.auth.ConfirmTotp(request, metadata=person.metadata)


def verifies(token: str) -> Call:
    return lambda process: process.auth.VerifyEmail(pb2.VerifyEmailRequest(token=token))


def resets(token: str, password: str) -> Call:
    request = pb2.ResetPasswordRequest(token=token, new_password=password)
    return lambda process: process.auth.ResetPassword(request)


def agrees(token: str) -> Call:
    return lambda process: process.users.ConfirmEmailChange(user_pb2.ConfirmEmailChangeRequest(token=token))


def refreshes(token: str) -> Call:
    return lambda process: process.auth.RefreshToken(pb2.RefreshTokenRequest(refresh_token=token))


async def codes(two: Two) -> None:
    """Of the app, or for recovery: once, whatever they are given for."""
    people = two.people
    for recovery in (False, True):
        ada = await people.person()
        code = ada.recovery[0] if recovery else ada.code()
        sign_ins = [signs_in(await people.mfa_token(ada), code) for _ in range(2)]
        step_ups = [steps_up(metadata, code=code) for metadata in (ada.metadata, await people.other_session(ada))]
        answers, reasons = await two.race(*sign_ins, *step_ups)
        assert (len(answers), set(reasons) <= {"MFA_CODE_INVALID", "MFA_TOKEN_INVALID"}) == (1, True)
        proofs = [await two.audited(ada, action) for action in ("mfa.checked", "session.reauthenticated")]
        assert sum(proofs) == 1
        assert await two.count("recovery_codes WHERE user_id::text = :id", id=ada.account.id) == 10 - recovery


async def step_ups(two: Two) -> None:
    """All have come before the first may look at what is spent, so that none is refused for having come late."""
    ada, times = await two.people.person(), 4
    steps = [steps_up(metadata, code=ada.code()) for metadata in (ada.metadata, await two.people.other_session(ada))]
    async with asyncio.timeout(60), two.people.work() as work:
        await work.second_factors.totp(ada.account.id)  # holds it
        race = asyncio.create_task(two.race(*steps, times=times))
        while await two.count(f"pg_stat_activity WHERE {WAITS_FOR_A_ROW}") < times and not race.done():
            await asyncio.sleep(0.01)
    answers, reasons = await race
    assert (len(answers), reasons) == (1, {"MFA_CODE_INVALID": times - 1})


async def mfa_tokens(two: Two) -> None:
    """One sign-in each, whichever of several good codes comes first, and five wrong ones."""
    ada, bob = await two.people.person(), await two.people.person()
    token = await two.people.mfa_token(ada)
    answers, reasons = await two.race(*(signs_in(token, code) for code in [ada.code(), *ada.recovery[:3]]))
    assert (len(answers), set(reasons)) == (1, {"MFA_TOKEN_INVALID"})
    assert await two.count("sessions WHERE user_id::text = :id", id=ada.account.id) == 2
    _, reasons = await two.race(signs_in(await two.people.mfa_token(bob), "wrong code"))
    assert reasons == {"MFA_CODE_INVALID": MOST_TRIES, "MFA_TOKEN_INVALID": TIMES - MOST_TRIES}


async def enrolments(two: Two) -> None:
    """Completed once, and the recovery codes that were answered are those that work."""
    ada = await two.people.person(confirmed=False)
    (answer,), reasons = await two.race(enrols(ada))
    assert set(reasons) == {"TOTP_ENROLLED"}
    answers, _ = await two.race(steps_up(ada.metadata, code=answer.recovery_codes[0]))
    assert len(answers) == 1
    assert await two.audited(ada, "totp.confirmed") == 1


async def refresh_tokens(two: Two) -> None:
    """Spent once; who asks again within ten seconds is answered the same."""
    ada = await two.people.person()
    answers, reasons = await two.race(refreshes(ada.refresh_token))
    assert len({each.refresh_token for each in answers}) == 1
    assert set(reasons) <= {"REFRESH_TOKEN_REUSED"}
    assert await two.count("refresh_tokens WHERE user_id::text = :id", id=ada.account.id) == 2


async def reset_tokens(two: Two) -> None:
    """Good for one password."""
    ada = await two.people.person()
    token = await two.people.mailed(ada, TokenPurpose.RESET_PASSWORD)
    answers, reasons = await two.race(*(resets(token, f"{NEW} {number}") for number in range(4)))
    assert (len(answers), reasons) == (1, {"RESET_TOKEN_INVALID": TIMES - 1})
    assert await two.audited(ada, "password.reset") == 1


async def verification_tokens(two: Two) -> None:
    """Of all of an address's, one opens one account; a repeat of it changes nothing."""
    email = f"{new_id()}@example.org"
    tokens = [await two.people.waiting(email) for _ in range(2)]
    answers, reasons = await two.race(*map(verifies, tokens))
    assert (len(answers), reasons) == (TIMES // 2, {"VERIFICATION_TOKEN_INVALID": TIMES // 2})
    assert await two.count("users WHERE email = :email AND verify_time IS NOT NULL", email=email) == 1
    assert await two.count("outbox WHERE subject = 'user.registered'") == 1
    assert await two.count("audit_events WHERE action = 'email.verified'") == 1


async def addresses(two: Two) -> None:
    """Given once, to one account, however many have agreed to it."""
    email, people = f"{new_id()}@example.org", two.people
    both = [await people.person() for _ in range(2)]
    for person in both:
        await people.wishes(person, email)
        _, reasons = await two.race(agrees(await people.mailed(person, TokenPurpose.CONFIRM_PRESENT_EMAIL)))
        assert not reasons
    tokens = [await people.mailed(person, TokenPurpose.CONFIRM_NEW_EMAIL) for person in both]
    answers, reasons = await two.race(*map(agrees, tokens))
    assert ([each.complete for each in answers], reasons) == ([True] * (TIMES // 2), {"EMAIL_TAKEN": TIMES // 2})
    assert sorted([await two.audited(person, "email.changed") for person in both]) == [0, 1]
    assert await two.count("mails WHERE kind = 'EMAIL_CHANGED'") == 1
    assert await two.count("users WHERE email = :email", email=email) == 1


@pytest.mark.parametrize(
    "secrets",
    [(codes, step_ups, mfa_tokens, enrolments, refresh_tokens), (reset_tokens, verification_tokens, addresses)],
    ids=["what signs in", "what is mailed"],
)
async def test_a_secret_that_two_processes_are_given_at_once_counts_once(
    two: Two, secrets: Sequence[Callable[[Two], Awaitable[None]]]
) -> None:
    for each in secrets:  # not a test each: starting two processes takes longer than all of them
        await each(two)
