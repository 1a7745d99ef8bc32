"""What the caller has done, over all services."""

from zoneinfo import ZoneInfo

from auth_service.domain.preferences import Preferences
from auth_service.domain.stats import Activity, Happened, Stats, Streak, Views, with_day
from auth_service.ports import Activities, ActivityReader, PreferencesReader
from auth_service.use_cases.acting import person
from servicekit.clock import Clock

_PAGE = 500


class Statistics:
    """Reads as the caller, so that row-level security is the second wall."""

    def __init__(self, activities: ActivityReader, preferences: PreferencesReader, clock: Clock) -> None:
        self._activities = activities
        self._preferences = preferences
        self._clock = clock

    async def mine(self) -> Stats:
        """The caller's, as far as events have told. Raises Unauthenticated, PersonNeeded."""
        caller = person()
        preferences = await self._preferences.of(caller.id) or Preferences()
        counts = await self._activities.counts(caller.id)
        return Stats(counts, await self._streak(caller.id, ZoneInfo(preferences.time_zone)))

    async def _streak(self, user_id: str, zone: ZoneInfo) -> int:
        """Read no further back than it reaches."""
        streak, before = Streak(self._clock().astimezone(zone).date()), None
        while page := await self._activities.completions(user_id, before, _PAGE):
            for time in page:
                if (longer := with_day(streak, time.astimezone(zone).date())) is None:
                    return streak.length
                streak = longer
            before = page[-1]
        return streak.length


async def note(activities: Activities, happened: Happened) -> None:
    """Take over what an event told; what concerns an account that is gone is dropped."""
    if isinstance(happened, Activity):
        await activities.record(happened)
    elif isinstance(happened, Views):
        await activities.add_views(happened)
    else:
        await activities.drop_video(happened.video_id)
