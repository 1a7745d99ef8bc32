"""Where an author stands with the moderators."""

from community_service.domain.standing import Standing, check_standing
from community_service.ports import Reads
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Authors:
    """Tells whether the caller may write, and why not."""

    def __init__(self, reads: Reads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    async def standing(self) -> Standing:
        """The caller's own warnings and suspensions."""
        return Standing(tuple(await self._reads.queue.sanctions(current_caller().id)))

    async def check(self) -> None:
        """Raises CommunitySuspended while the caller is suspended."""
        check_standing((await self.standing()).suspension(self._clock()))
