"""Who is served next: by priority, and among users of one priority by how little they were served so far.

Fairness is that of the virtual token counter (Sheng et al., Fairness in Serving Large Language Models, OSDI 2024): each user has
a counter of tokens served; the least served goes first; whoever comes back from a pause is lifted to the least of those
present, so that nobody saves up. Pure and not thread-safe.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from inference_service.domain.generation import Claim

PROMPT_WEIGHT, OUTPUT_WEIGHT = 1, 2
"""What a token read and a token written cost: reading is done many at a time."""
MOST_COUNTERS = 4096
_numbers = count(1)


@dataclass(eq=False, slots=True)
class Ticket:
    """A request that waits; `cost` is the most it may be charged, in weighted tokens."""

    claim: Claim
    cost: int
    number: int = field(default_factory=lambda: next(_numbers))


class QueueFull(Exception):
    """Everybody who waits goes before the newcomer, and there is no place left."""


class FairQueue:
    """At most `most` tickets."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[Ticket] = []
        self._served: dict[str, int] = {}
        self._present: Counter[str] = Counter()
        self._floor = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, ticket: Ticket) -> Ticket | None:
        """Let `ticket` wait. When the queue was full, return the last in order, who has to go. Raises QueueFull."""
        self._lift(ticket.claim.user)
        self._waiting.append(ticket)
        last = self.order()[-1] if len(self._waiting) > self._most else None
        if last:
            self._waiting.remove(last)
        if last is ticket:
            raise QueueFull
        self._present[ticket.claim.user] += 1
        if last:
            self._depart(last.claim.user)
        return last

    def take(self) -> Ticket:
        """The next to be served; it counts as present until `finish`. Raises IndexError when nobody waits."""
        ticket = self.order()[0]
        self._waiting.remove(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Forget a ticket that waits no longer."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            self._depart(ticket.claim.user)

    def finish(self, ticket: Ticket) -> None:
        """A ticket that was taken is done."""
        self._depart(ticket.claim.user)

    def charge(self, user: str, tokens: int) -> None:
        """Count weighted `tokens` as served to `user`."""
        self._served[user] = self._served.get(user, self._floor) + tokens

    def order(self) -> list[Ticket]:
        """Those who wait in the order in which they would be served if each took all that it may."""
        planned = dict(self._served)
        starts: dict[Ticket, int] = {}
        for ticket in sorted(self._waiting, key=lambda waiting: (waiting.claim.priority, waiting.number)):
            starts[ticket] = planned.get(ticket.claim.user, self._floor)
            planned[ticket.claim.user] = starts[ticket] + ticket.cost
        return sorted(starts, key=lambda waiting: (waiting.claim.priority, starts[waiting], waiting.number))

    def _lift(self, user: str) -> None:
        if self._present[user]:
            return
        least = min((self._served[other] for other in self._present if self._present[other]), default=self._floor)
        self._served[user] = max(self._served.get(user, 0), least)

    def _depart(self, user: str) -> None:
        self._present[user] -= 1
        if self._present[user] > 0:
            return
        del self._present[user]
        if not self._present:
            self._floor = max(self._floor, self._served.get(user, 0))
        self._forget()

    def _forget(self) -> None:
        """Keep a counter only of those who are present or ahead of everybody: the others are lifted when they return."""
        least = min((self._served.get(user, 0) for user in self._present), default=self._floor)
        debts = {user: served for user, served in self._served.items() if user in self._present or served > least}
        self._served = debts if len(debts) <= MOST_COUNTERS else {user: debts[user] for user in self._present}
