"""Password hashing that costs nothing."""

from collections.abc import Sequence

COMMON = "password1234"


class PlainPasswords:
    """See ports.Passwords, without salts. `checks` counts the comparisons made, those against nobody too."""

    def __init__(self) -> None:
        self.checks = 0

    async def hash(self, password: str, like: str | None = None) -> str:
        return f"plain:{password}"

    async def again(self, password: str, like: str | None) -> str:
        self.checks += 1
        return f"plain:{password}"

    async def guessable(self, password: str, own_words: Sequence[str]) -> bool:
        return password == COMMON or password.lower() in own_words

    def needs_rehash(self, stored: str) -> bool:
        return not stored.startswith("plain:")

    async def matches(self, password: str, stored: str | None) -> bool:
        self.checks += 1
        return stored in (f"plain:{password}", f"old:{password}")
