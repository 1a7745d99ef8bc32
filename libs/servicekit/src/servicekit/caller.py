"""Who is calling, for as long as the call lasts. Pure: use cases read it, the edge sets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from servicekit.errors import Unauthenticated


class Role(StrEnum):
    """What a caller may do; the names are those of the token's `role` claim."""

    STUDENT = "STUDENT"
    MODERATOR = "MODERATOR"
    ADMIN = "ADMIN"
    SERVICE = "SERVICE"


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller: an account (`id` is its UUID) or a service of the mesh (`id` is its name).

    `aal` is 2 when the account's session was proven by two factors, such as a password and a one-time code.
    """

    id: str
    role: Role
    session_id: str = ""
    aal: int = 1

    @classmethod
    def service(cls, name: str) -> "Caller":
        """A process of the mesh acting for itself."""
        return cls(id=name, role=Role.SERVICE)

    @property
    def is_moderator(self) -> bool:
        """True for everybody who may decide on what others wrote."""
        return self.role in (Role.MODERATOR, Role.ADMIN, Role.SERVICE)


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def current_caller() -> Caller:
    """The verified caller. Raises Unauthenticated when there is none."""
    if caller := _current.get():
        return caller
    raise Unauthenticated


def caller_or_none() -> Caller | None:
    """The verified caller, or None for an anonymous call."""
    return _current.get()


@contextmanager
def acting_as(caller: Caller | None) -> Iterator[None]:
    """Everything inside runs as `caller`; None is nobody."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
