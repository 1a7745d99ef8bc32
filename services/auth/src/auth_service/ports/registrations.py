"""Registrations that wait to be confirmed."""

from typing import Protocol

from auth_service.domain.registrations import PendingRegistration


class RegistrationReader(Protocol):
    """Registrations as they are now, without holding them."""

    async def salted(self, email: str) -> str | None:
        """The hash of a registration of a normalised address, whose salt the next one takes too; None when none waits."""
        ...

    async def waits(self, email: str, password_hash: str) -> bool:
        """Whether a registration of the address has this hash."""
        ...


class Registrations(Protocol):
    """Registrations inside a unit of work: what is read stays locked until it ends."""

    async def add(self, registration: PendingRegistration) -> bool:
        """Save it; False, and nothing saved, when its address has one of the same request id."""
        ...

    async def get(self, registration_id: str) -> PendingRegistration | None:
        """The registration, or None when it was confirmed or its time is over."""
        ...

    async def newest(self, email: str) -> PendingRegistration | None:
        """The newest of a normalised address, or None."""
        ...

    async def older(self, registration: PendingRegistration, most: int) -> int:
        """How many of its address were made before it, counted up to `most`."""
        ...

    async def become_account(self, registration_id: str) -> None:
        """Forget the registration; its mails and tokens become those of the account that has its id."""
        ...
