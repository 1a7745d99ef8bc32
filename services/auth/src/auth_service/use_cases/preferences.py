"""How the caller wants the product to look and behave."""

from collections.abc import Mapping

from auth_service.domain.preferences import Preferences, with_preferences
from auth_service.errors import UserNotFound
from auth_service.ports import PreferencesReader, UnitOfWork
from auth_service.use_cases.acting import person


class PreferenceKeeper:
    """Reads and writes as the caller, so that row-level security is the second wall."""

    def __init__(self, preferences: PreferencesReader, unit_of_work: UnitOfWork) -> None:
        self._preferences = preferences
        self._unit_of_work = unit_of_work

    async def mine(self) -> Preferences:
        """The caller's, or the defaults. Raises Unauthenticated, PersonNeeded."""
        return await self._preferences.of(person().id) or Preferences()

    async def change(self, changes: Mapping[str, str | bool]) -> Preferences:
        """Change those that are named. Raises LanguageInvalid, TimeZoneUnknown, UserNotFound, Unauthenticated, PersonNeeded."""
        caller = person()
        async with self._unit_of_work() as work:
            # Held, so that of two changes at once neither undoes the other.
            if await work.accounts.get(caller.id) is None:
                raise UserNotFound(user=caller.id)
            changed = with_preferences(await work.preferences.of(caller.id) or Preferences(), changes)
            await work.preferences.save(caller.id, changed)
        return changed
