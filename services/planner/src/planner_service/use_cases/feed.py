"""The private calendar feed: an address that nobody can guess, and what is read there."""

import asyncio
import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator

from planner_service.domain.calendars import FeedFile
from planner_service.domain.events import Event
from planner_service.domain.feeds import OLD_TOKENS_LIVE, Revocation, is_ended
from planner_service.errors import FeedNotFound
from planner_service.ports import Feeds as FeedsInWork
from planner_service.ports import Store
from planner_service.use_cases.calendar_writing import written
from servicekit.caller import Caller, acting_as, current_caller
from servicekit.clock import Clock
from servicekit.errors import SessionRevoked

MOST_EVENTS = 1000
"""Events in a feed: every series, then those that start last."""

MOST_BYTES = 2_000_000
"""What their texts may have in all; the events after that are left out."""

_REMEMBERED_BYTES = 16_000_000
_FILE = re.compile(r"([A-Za-z0-9_-]{43})\.ics")
_FORMAT = 1  # grows with every change of what is written, so that nobody keeps the file of before
_SERVICE = Caller.service("planner")


class Feeds:
    """Opens, closes and shows feeds. The token is in the address alone: what is saved is its SHA-256."""

    def __init__(self, store: Store, clock: Clock, public_url: str) -> None:
        """`public_url` is the gateway's as calendar programs reach it."""
        self._store = store
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._written: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._writing = asyncio.Lock()

    async def open(self) -> str:
        """The address of the caller's feed; an earlier one stops working. Raises SessionRevoked.

        The end of a session is told apart from that of its account's feed, and by another way. So what closed the feed is
        asked for: a token of before could open another in the moment until this process hears of the session.
        """
        token, caller, now = secrets.token_urlsafe(32), current_caller(), self._clock()
        async with self._store.begin() as work:
            revocation = await work.feeds.revocation(caller.id)
            if revocation and is_ended(caller.session_id, revocation, now):
                raise SessionRevoked
            await work.feeds.save(caller.id, digest(token), now)
        return f"{self._public_url}/calendar/{token}.ics"

    async def close(self) -> None:
        """The caller's feed is gone; without one nothing happens."""
        async with self._store.begin() as work:
            await work.feeds.remove(current_caller().id)

    async def read(self, file: str, known: str) -> FeedFile:
        """What is at "<token>.ics"; `known` is an If-None-Match header. Raises FeedNotFound."""
        with acting_as(_SERVICE):
            match = _FILE.fullmatch(file)
            owner = await self._store.feeds.owner(digest(match[1])) if match else None
            if owner is None:
                raise FeedNotFound
            # First: a change meanwhile makes the content newer than its version, never older.
            version = await self._store.events.version(owner)
            # Weak: the gateway compresses what a reader can read compressed, so the bytes may differ.
            etag = f'W/"{hashlib.sha256(f"{_FORMAT} {owner} {version}".encode()).hexdigest()[:32]}"'
            if _matches(known, etag):
                return FeedFile(etag, None)
            return FeedFile(etag, await self._content(owner, etag))

    async def _content(self, owner: str, etag: str) -> bytes:
        """Written once for each version, one file at a time and beside the calls of others."""
        async with self._writing:
            if (content := self._written.get((owner, etag))) is None:
                events = await self._store.events.newest(owner, MOST_EVENTS)
                content = await asyncio.to_thread(written, list(_bounded(events)))
            self._written[owner, etag] = content
            self._written.move_to_end((owner, etag))
            while sum(map(len, self._written.values())) > _REMEMBERED_BYTES:
                self._written.popitem(last=False)
        return content


async def close_revoked(feeds: FeedsInWork, user_id: str, revocation: Revocation) -> None:
    """The account's owner, or an admin, cut off whoever may know the address.

    While NATS is away nobody hears of it, and a token of before opens feeds until it expires: those are closed as well, and
    with them one that the owner opened meanwhile. One that is opened once this was heard stays.
    """
    await feeds.revoked(user_id, revocation)
    await feeds.remove_opened_by(user_id, revocation.time + OLD_TOKENS_LIVE)


def _bounded(events: list[Event]) -> Iterator[Event]:
    left = MOST_BYTES
    for event in events:
        plan = event.plan
        left -= sum(len(text.encode()) for text in (plan.title, plan.description, *plan.recurrence))
        if left < 0:
            return
        yield event


def digest(token: str) -> bytes:
    """What is saved of a token. It is long and random, so no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def _matches(known: str, etag: str) -> bool:
    """Weakly (RFC 9110, 13.1.2)."""
    tags = (each.strip().removeprefix("W/") for each in known.split(","))
    return known.strip() == "*" or etag.removeprefix("W/") in tags
