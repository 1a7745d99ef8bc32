"""Telling a device what it has missed."""

from datetime import timedelta

from planner_service.domain.sync import Changes, Position, page
from planner_service.ports import Store
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Sync:
    """What changed in the caller's planner."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def since(self, position: Position | None, size: int) -> Changes:
        """A page of the changes since a device was last told; all there is when it is new or was away for too long."""
        owner = current_caller().id
        # First: what comes later has a higher version and is left for the next time, so nothing falls between two reads.
        version = await self._store.events.version(owner)
        if position:
            changes = await self._page(owner, position, version, size)
            # Last: deletions forgotten meanwhile are not in the page.
            if not position.is_lost(version, await self._store.events.forgotten(owner)):
                return changes
        return await self._page(owner, Position(floor=version), version, size, full=True)

    async def _page(self, owner: str, position: Position, version: int, size: int, *, full: bool = False) -> Changes:
        after, known = position.sequence, max(position.sequence, position.floor)
        events = await self._store.events.changed_between(owner, after, version, size + 1)
        deleted = await self._store.events.deleted_between(owner, known, version, size + 1)
        return page(position, version, events, deleted, size, full=full)


async def forget_deletions(store: Store, clock: Clock, keep: timedelta) -> None:
    """Forgets what was deleted longer ago than `keep`; devices that were away for as long fetch everything anew."""
    async with store.begin() as work:
        await work.events.forget_deletions(clock() - keep)
