"""A clock that moves only when told to."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Called like servicekit.clock.Clock."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) -> None:  # immutable
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by
