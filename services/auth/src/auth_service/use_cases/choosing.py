"""Taking a password that somebody chose."""

from collections.abc import Sequence

from auth_service.errors import PasswordTooCommon
from auth_service.ports import Passwords


async def hash_of_chosen(
    passwords: Passwords, password: str, own_words: Sequence[str], field: str, like: str | None = None
) -> str:
    """What is stored of it, with the salt of `like` or a new one. Raises PasswordTooCommon, naming `field`, and
    PasswordChecksBusy."""
    if await passwords.guessable(password, own_words):
        raise PasswordTooCommon(fields={field: "is too easy to guess"})
    return await passwords.hash(password, like)
