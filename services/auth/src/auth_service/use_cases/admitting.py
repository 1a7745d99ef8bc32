"""Who may try, as often as the budgets allow."""

from collections.abc import Sequence

from auth_service.domain.attempts import Budget, given_back
from auth_service.errors import PasswordChecksBusy, TooManyAttempts
from auth_service.ports import AttemptLimiter, Passwords


async def admit(attempts: AttemptLimiter, budgets: Sequence[Budget]) -> None:
    """Count one try in every budget. Raises TooManyAttempts, and counts nothing, when one is spent."""
    if budgets and (wait := await attempts.reserve(budgets)):
        raise TooManyAttempts.after(wait)


async def matches(
    passwords: Passwords, attempts: AttemptLimiter, budgets: Sequence[Budget], password: str, stored: str | None
) -> bool:
    """Whether the password made the hash. `budgets` are those the try was counted in, with its allowance.

    Raises PasswordChecksBusy: nothing was looked at then, so the try is given back in all of them.
    """
    try:
        return await passwords.matches(password, stored)
    except PasswordChecksBusy:
        await attempts.forgive(given_back(budgets))
        raise
