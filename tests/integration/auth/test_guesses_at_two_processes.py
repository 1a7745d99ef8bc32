"""What may be guessed is counted for all processes together: two are asked at the same time, more often than allowed."""

from collections import Counter
from collections.abc import Awaitable, Callable

from integration.auth.racing import Call, Two, signs_in, steps_up
from integration.auth.two_services import PASSWORD

from auth_service.domain.attempts import GUESS_LIMIT
from littlemonster.auth.v1 import auth_service_pb2 as pb2

TIMES = 2 * GUESS_LIMIT
WRONG = "a wrong password"
SPENT = "TOO_MANY_ATTEMPTS"
TOO_SLOW = "DEADLINE_EXCEEDED"
"""Of a busy machine: hashing takes long. Such a guess has been counted, and nobody was told whether it was good."""


def logs_in(email: str, password: str, address: str = "") -> Call:
    request, metadata = pb2.LoginRequest(email=email, password=password), (("x-envoy-external-address", address),)
    return lambda process: process.auth.Login(
        request, metadata=metadata, timeout=60
    )  # hashing takes long on a busy machine


def no_more_than_allowed(reasons: Counter[str], wrong: str) -> bool:
    """Whether at most GUESS_LIMIT of the guesses were looked at, and all others were refused unseen."""
    return reasons[wrong] <= GUESS_LIMIT and set(reasons) <= {wrong, SPENT, TOO_SLOW}


async def passwords_of_sign_ins(two: Two) -> None:
    """Of one network: afterwards the right one counts for nothing there, and elsewhere as ever."""
    ada = await two.people.person(enrolled=False)
    email, wrong = ada.account.email, "CREDENTIALS_INVALID"
    _, reasons = await two.race(logs_in(email, WRONG), times=TIMES)
    assert no_more_than_allowed(reasons, wrong)
    assert await two.audited(ada, "session.opened", wrong) <= GUESS_LIMIT
    assert await two.race(logs_in(email, PASSWORD), times=2) == ([], {SPENT: 2})
    answers, _ = await two.race(logs_in(email, PASSWORD, "2001:db8::1"), times=1)
    assert answers[0].access_token


async def passwords_of_step_ups(two: Two) -> None:
    """Counted apart: whoever has a stolen token keeps nobody from signing in."""
    ada = await two.people.person(enrolled=False)
    _, reasons = await two.race(steps_up(ada.metadata, password=WRONG), times=TIMES)
    assert no_more_than_allowed(reasons, "CURRENT_PASSWORD_WRONG")
    assert await two.race(steps_up(ada.metadata, password=PASSWORD), times=2) == ([], {SPENT: 2})
    answers, _ = await two.race(logs_in(ada.account.email, PASSWORD), times=1)
    assert answers[0].access_token


async def codes(two: Two) -> None:
    """Of sign-ins and step-ups together, whatever mfaToken they come with; what was refused unseen is not spent."""
    ada = await two.people.person()
    tokens = [await two.people.mfa_token(ada) for _ in range(4)]
    calls = [*(signs_in(token, WRONG) for token in tokens), steps_up(ada.metadata, code=WRONG)]
    _, reasons = await two.race(*calls, times=TIMES)
    assert no_more_than_allowed(reasons, "MFA_CODE_INVALID")
    good = ada.recovery[0]
    assert await two.race(signs_in(tokens[0], good), steps_up(ada.metadata, code=good), times=4) == ([], {SPENT: 4})
    assert await two.count("recovery_codes WHERE user_id::text = :id", id=ada.account.id) == len(ada.recovery)


GUESSES: list[Callable[[Two], Awaitable[None]]] = [passwords_of_sign_ins, passwords_of_step_ups, codes]


async def test_two_processes_look_at_no_more_guesses_than_one(two: Two) -> None:
    for each in GUESSES:  # not a test each: starting two processes takes longer than all of them
        await each(two)
