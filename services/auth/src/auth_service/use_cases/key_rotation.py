"""Replacing the key that signs access tokens: publish the next, let it begin, retire the one before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from auth_service.domain.audit import OPERATOR, AuditAction
from auth_service.domain.signing_keys import KeyState, SigningKey, state
from auth_service.errors import KeyInUse, KeyUnknown
from auth_service.ports import KeyStore, UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.auditing import entry
from servicekit.caller import acting_as
from servicekit.clock import Clock


class KeyRotation:
    """Beside running processes, which look at the keys again and again."""

    def __init__(self, keys: KeyStore, unit_of_work: UnitOfWork | None, clock: Clock) -> None:
        """Without a unit of work nothing is written to the audit log: where keys are kept apart from the database."""
        self._keys = keys
        self._unit_of_work = unit_of_work
        self._clock = clock

    def states(self) -> Sequence[tuple[SigningKey, KeyState]]:
        """Every key, in the order they begin."""
        keys, now = self._keys.all(), self._clock()
        return [(key, state(key, keys, now)) for key in sorted(keys, key=lambda key: (key.start_time, key.name))]

    async def rotate(self, after: timedelta) -> SigningKey:
        """Publish a key that begins to sign `after` from now."""
        now = self._clock()
        key = self._keys.add(now + after)
        await self._write_down(AuditAction.KEY_PUBLISHED, key, now)
        return key

    async def retire(self, kid: str | None = None) -> Sequence[SigningKey]:
        """Remove the keys of which no token is valid any more; or the one called `kid` at once, with the tokens it signed.

        Raises KeyUnknown; KeyInUse for one that signs.
        """
        removable = (
            [key for key, where in self.states() if where is KeyState.RETIRABLE] if kid is None else [self._named(kid)]
        )
        for key in removable:
            self._keys.remove(key)
            await self._write_down(AuditAction.KEY_RETIRED, key, self._clock())
        return removable

    def _named(self, kid: str) -> SigningKey:
        for key, where in self.states():
            if key.kid == kid:
                if where is KeyState.SIGNING:
                    raise KeyInUse(kid=kid)
                return key
        raise KeyUnknown(kid=kid)

    async def _write_down(self, action: AuditAction, key: SigningKey, now: datetime) -> None:
        if self._unit_of_work is None:
            return
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                await work.audit.record(entry(action, now, actor=OPERATOR, subject=key.kid))
