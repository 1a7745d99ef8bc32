"""Files nobody would write: each is taken over or refused."""

from fakes.planner.made import HOUR
from hypothesis import given, settings
from hypothesis import strategies as some

from planner_service.errors import CalendarTooLarge, CalendarUnreadable
from planner_service.use_cases.importing import plans

_WORDS = some.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VALARM",
        "END:VALARM",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "UID:1",
        "UID:2",
        "DTSTART:20261123T120000Z",
        "DTSTART;TZID=Europe/Berlin:20261123T120000",
        "DTSTART;VALUE=DATE:20261123",
        "DTSTART;X=Y;TZID=:1",
        "DTEND:20261123T130000Z",
        "DURATION:PT1H",
        "DURATION:-P9999999D",
        "RRULE:FREQ=DAILY;COUNT=3",
        "RRULE:FREQ=WEEKLY;BYDAY=5XX",
        "RRULE:",
        "RRULE:FREQ=YEARLY;UNTIL=99991231",
        "EXDATE:20261124T120000Z,x",
        "RDATE;TZID=Mars:20261124T120000",
        "TRIGGER:-PT15M",
        "TRIGGER:x",
        "RECURRENCE-ID:20261124T120000Z",
        "RECURRENCE-ID;VALUE=DATE:20261124",
        "SUMMARY:\\",
        "CATEGORIES:,,",
        "STATUS:CANCELLED",
        "TZID:A",
        "X-LIC-LOCATION:B",
        'DTSTART;TZID="a:b":x',
        ":;:;:",
        "BEGIN:",
        "END:\u2028",
    ]
)
_LINES = some.lists(_WORDS | some.text(max_size=12), max_size=14)


@settings(deadline=None)  # a busy machine is no failure
@given(_LINES, some.sampled_from(["\r\n", "\n", "\n ", "\r"]), some.booleans())
def test_any_file_is_taken_over_or_refused(lines: list[str], ending: str, framed: bool) -> None:
    framed_lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"] if framed else lines
    try:
        found, failures = plans(ending.join(framed_lines), "")
    except (CalendarUnreadable, CalendarTooLarge):
        return
    assert all(failure.line > 0 and failure.reason for failure in failures)
    assert all(each.plan.end_time - each.plan.start_time >= 0 * HOUR for each in found)
