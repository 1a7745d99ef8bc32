"""Who may try, as often as the budgets allow."""

from collections.abc import Sequence

from auth_service.domain.attempts import Budget
from auth_service.errors import TooManyAttempts
from auth_service.ports import AttemptLimiter


async def admit(attempts: AttemptLimiter, budgets: Sequence[Budget]) -> None:
    """Count one try in every budget. Raises TooManyAttempts, and counts nothing, when one is spent."""
    if budgets and (wait := await attempts.reserve(budgets)):
        raise TooManyAttempts.after(wait)
