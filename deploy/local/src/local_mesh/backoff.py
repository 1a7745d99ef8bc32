"""How long to wait before a process that died is started again."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Each pause is twice the last one up to the longest; a life longer than `stable` starts anew. All in seconds."""

    first: float
    longest: float
    stable: float
    _next: float = 0.0

    def pause_after(self, lifetime: float) -> float:
        """The pause after a life of that many seconds."""
        if lifetime > self.stable or self._next == 0.0:
            self._next = self.first
        pause = self._next
        self._next = min(pause * 2, self.longest)
        return pause
