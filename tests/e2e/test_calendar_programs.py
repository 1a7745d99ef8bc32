"""The planner and other programs, through the real gateway: subscribed to by vdirsyncer and khal, and mailing reminders."""

import asyncio
import os
import sys
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from servicekit.clock import utc_now

SECONDS = 60
VDIRSYNCER = """
[general]
status_path = "{folder}/status/"
[pair planner]
a = "feed"
b = "local"
collections = null
conflict_resolution = "a wins"
[storage feed]
type = "http"
url = "{url}"
[storage local]
type = "filesystem"
path = "{folder}/calendar/"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[planner]]
path = {folder}/calendar/
readonly = True
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
[sqlite]
path = {folder}/khal.db
"""


async def _run(folder: Path, program: str, *arguments: str) -> str:
    """What the program prints; it must end well."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.fixture
async def ada(student):
    return await student("Ada")


async def test_vdirsyncer_and_khal_show_the_week_as_it_is_planned_and_as_it_changes(ada, tmp_path):
    series = {
        "title": "Algebra, chapter 3",
        "type": "EVENT_TYPE_STUDY",
        "startTime": "2030-03-25T15:00:00Z",
        "endTime": "2030-03-25T15:45:00Z",
        "timeZone": "Europe/Berlin",
        "recurrence": ["RRULE:FREQ=DAILY;COUNT=8", "EXDATE:20300327T150000Z"],
        "reminders": [{"minutesBefore": 15}],
    }
    event = await ada.gateway.call("POST", "/v1/planner/events", series)
    trip = {"title": "School trip", "startTime": "2030-03-27T23:00:00Z", "endTime": "2030-03-28T23:00:00Z"}
    await ada.gateway.call("POST", "/v1/planner/events", trip | {"allDay": True, "timeZone": "Europe/Berlin"})
    moved = {"title": "Algebra, moved", "startTime": "2030-03-29T17:00:00Z", "endTime": "2030-03-29T18:00:00Z"}
    which = {"scope": "THIS", "occurrenceStart": "2030-03-29T15:00:00Z"}
    await ada.gateway.call("PATCH", f"/v1/planner/events/{event['id']}", moved | which)

    url = (await ada.gateway.call("POST", "/v1/planner/feed", {}))["url"]
    (tmp_path / "calendar").mkdir()
    (tmp_path / "vdirsyncer").write_text(VDIRSYNCER.format(folder=tmp_path, url=url))
    (tmp_path / "khal").write_text(KHAL.format(folder=tmp_path))

    async def shown() -> list[str]:
        await _run(tmp_path, "vdirsyncer", "-c", str(tmp_path / "vdirsyncer"), "sync")
        listed = ["list", "--day-format", "", "--format", "{start-date} {start-time}-{end-time} {title}"]
        text = await _run(tmp_path, "khal", "-c", str(tmp_path / "khal"), *listed, "2030-03-25", "2030-04-10")
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]

    await _run(tmp_path, "vdirsyncer", "-c", str(tmp_path / "vdirsyncer"), "discover")
    # The clocks change on the 31st: four o'clock stays four o'clock.
    days = ["03-25", "03-26", "03-28", "03-30", "03-31", "04-01"]
    expected = [f"2030-{day} 16:00-16:45 Algebra, chapter 3" for day in days]
    assert sorted(await shown()) == sorted(
        [*expected, "2030-03-28 - School trip", "2030-03-29 18:00-19:00 Algebra, moved"]
    )
    await ada.gateway.call("PATCH", f"/v1/planner/events/{event['id']}", {"title": "Geometry"})
    assert len([line for line in await shown() if line.endswith("Geometry")]) == len(days)

    async with httpx.AsyncClient() as anybody:
        first = await anybody.get(url)
        again = await anybody.get(url, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        await ada.gateway.call("DELETE", "/v1/planner/feed")
        gone = await anybody.get(url)
    assert (gone.status_code, gone.json()["details"][0]["reason"]) == (404, "FEED_NOT_FOUND")


async def test_what_one_planner_exports_another_imports_through_the_gateway(ada, student):
    plan = {"title": "History essay", "startTime": "2030-05-02T08:00:00Z", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}
    await ada.gateway.call("POST", "/v1/planner/events", plan)
    url = (await ada.gateway.call("POST", "/v1/planner/feed", {}))["url"]
    async with httpx.AsyncClient() as anybody:
        ics = (await anybody.get(url)).text
    ben = await student("Ben")
    done = await ben.gateway.call("POST", "/v1/planner/calendar:import", {"ics": ics})
    assert ([event["title"] for event in done["events"]], done["failures"]) == (["History essay"], [])
    period = {"startTime": "2030-05-01T00:00:00Z", "endTime": "2030-06-01T00:00:00Z"}
    listed = await ben.gateway.call("GET", "/v1/planner/events", query=period)
    assert [event["startTime"][:10] for event in listed["events"]] == ["2030-05-02", "2030-05-09", "2030-05-16"]


async def test_a_reminder_comes_by_mail_when_it_is_due(mesh, ada):
    soon = (utc_now() + timedelta(seconds=5)).isoformat()
    plan = {"title": "Hand in the essay", "startTime": (utc_now() + timedelta(hours=1)).isoformat()}
    await ada.gateway.call("POST", "/v1/planner/events", plan | {"reminders": [{"time": soon}]})
    async with asyncio.timeout(SECONDS):
        while not (mails := _reminders(mesh.home / "mail", ada.email)):
            await asyncio.sleep(0.2)
    assert [str(mail["Subject"]) for mail in mails] == ["Reminder: Hand in the essay"]


def _reminders(folder: Path, address: str) -> list:
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    return [mail for mail in mails if address in str(mail["To"]) and str(mail["Subject"]).startswith("Reminder")]
