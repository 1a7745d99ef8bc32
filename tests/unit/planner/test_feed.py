"""What of a planner is in its feed, and how often it is written."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fakes.planner.made import HOUR, NOON, a_plan
from fakes.planner.store import FakeStore
from icalendar import Calendar

from planner_service.domain.feeds import OLD_TOKENS_LIVE, Revocation
from planner_service.errors import FeedNotFound
from planner_service.use_cases.events import Planner
from planner_service.use_cases.feed import MOST_BYTES, Feeds, close_revoked
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import SessionRevoked
from servicekit.identity.revocation import TTL_SECONDS
from servicekit.ids import new_id

MILLISECOND = timedelta(milliseconds=1)
pytestmark = pytest.mark.usefixtures("ada")


@pytest.fixture
def feeds(store: FakeStore) -> Feeds:
    return Feeds(store, lambda: NOON, "https://school.example.org/")


async def _opened(feeds: Feeds) -> str:
    return (await feeds.open()).rpartition("/")[2]


def _titles(content: bytes | None) -> list[str]:
    assert content
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(content).walk("VEVENT")]


def test_a_revocation_closes_feeds_for_as_long_as_its_session_is_remembered() -> None:
    assert OLD_TOKENS_LIVE.total_seconds() == TTL_SECONDS


def _session(opened: datetime) -> str:
    """The id of a session that was opened then."""
    return str(UUID(int=int(opened.timestamp() * 1000) << 80 | int(UUID(new_id())) % (1 << 80)))


@pytest.mark.parametrize(
    ("opened", "heard", "spared", "refused"),
    [
        (-HOUR, NOON, False, True),
        (timedelta(), NOON, False, True),
        (-HOUR, NOON, True, False),
        (MILLISECOND, NOON, False, False),
        (-HOUR, NOON - OLD_TOKENS_LIVE + MILLISECOND, False, True),
        (-HOUR, NOON - OLD_TOKENS_LIVE, False, False),
    ],
    ids=["of before", "of that moment", "that goes on", "of after", "of before, late", "of before, too late for it"],
)
async def test_a_session_that_ended_with_the_feed_opens_no_other(
    store: FakeStore, feeds: Feeds, opened: timedelta, heard: datetime, spared: bool, refused: bool
) -> None:
    caller = Caller(new_id(), Role.STUDENT, _session(NOON + opened))
    async with store.begin() as work:
        await close_revoked(work.feeds, caller.id, Revocation(heard, caller.session_id if spared else new_id()))
    with acting_as(caller), pytest.raises(SessionRevoked) if refused else nullcontext():
        await feeds.open()


async def test_series_come_first_and_then_what_starts_last(planner: Planner, feeds: Feeds) -> None:
    for title, start in (("old", NOON), ("new", NOON + 9 * HOUR)):
        await planner.create(a_plan(title=title, start_time=start, end_time=start), None)
    await planner.create(a_plan(title="series", recurrence=("RRULE:FREQ=DAILY",)), None)
    assert _titles((await feeds.read(await _opened(feeds), "")).content) == ["series", "new", "old"]


async def test_what_does_not_fit_is_left_out(planner: Planner, feeds: Feeds) -> None:
    for number in range(MOST_BYTES // 20_000 + 5):
        start = NOON - number * HOUR
        await planner.create(
            a_plan(title=str(number), start_time=start, end_time=start, description="\U0001f4da" * 5000), None
        )
    content = (await feeds.read(await _opened(feeds), "")).content
    assert content
    assert _titles(content)[:2] == ["0", "1"]
    assert MOST_BYTES * 0.9 < len(content) < 2 * MOST_BYTES


async def test_a_version_is_written_once_and_another_planner_is_another_file(planner: Planner, feeds: Feeds) -> None:
    await planner.create(a_plan(), None)
    file = await _opened(feeds)
    first = await feeds.read(file, "")
    assert (await feeds.read(file, "")).content is first.content
    with acting_as(Caller(new_id(), Role.STUDENT)):
        other = await feeds.read(await _opened(feeds), "")
    assert (other.etag != first.etag, _titles(other.content)) == (True, [])


@pytest.mark.parametrize("known", ["*", "{etag}", '"x", {etag}', "{strong}"])
async def test_a_reader_who_names_the_version_gets_no_content(feeds: Feeds, known: str) -> None:
    file = await _opened(feeds)
    etag = (await feeds.read(file, "")).etag
    assert (await feeds.read(file, known.format(etag=etag, strong=etag.removeprefix("W/")))).content is None
    assert (await feeds.read(file, '"other"')).content


async def test_a_token_opens_one_feed_only(feeds: Feeds) -> None:
    file = await _opened(feeds)
    for wrong in (file[1:], file.replace(".ics", ""), ("y" if file[0] == "x" else "x") + file[1:], ""):
        with pytest.raises(FeedNotFound):
            await feeds.read(wrong, "")
