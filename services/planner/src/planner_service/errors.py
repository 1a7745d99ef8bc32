"""Every failure a caller of planner may meet."""

from servicekit.errors import Aborted, InvalidArgument, NotFound, ResourceExhausted, Unavailable


class EventNotFound(NotFound):
    """The caller has no event with that id; somebody else may."""

    reason = "EVENT_NOT_FOUND"
    message = "You have no planner event {event}. Check the id, or list your events with GET /v1/planner/events."


class EventChanged(Aborted):
    """The event is not the one the caller has read; `etag` is the present one."""

    reason = "EVENT_CHANGED"
    message = "The event {event} has changed since you read it. Read it again and repeat with its etag {etag}."


class SyncTokenInvalid(InvalidArgument):
    """The token was not made by us, or for another account."""

    reason = "SYNC_TOKEN_INVALID"
    message = "This syncToken is not one of yours. Leave it out to fetch everything."


class UpdateMaskInvalid(InvalidArgument):
    """The mask names what no event has, or what cannot be changed."""

    reason = "UPDATE_MASK_INVALID"
    message = "The field {path} cannot be changed here. Name fields of the event, such as title or recurrence."


class FeedNotFound(NotFound):
    """No calendar feed has that address, or not any more."""

    reason = "FEED_NOT_FOUND"
    message = "There is no calendar at this address. Make a new one with POST /v1/planner/feed."


class CalendarUnreadable(InvalidArgument):
    """The file is not iCalendar, by one of its lines."""

    reason = "CALENDAR_UNREADABLE"
    message = "Line {line} of the calendar {problem}. Export the calendar again and send the whole file."


class CalendarTooLarge(InvalidArgument):
    """The file has more components than are taken at once."""

    reason = "CALENDAR_TOO_LARGE"
    message = "A calendar may have {most} components at once. Split the file and send its parts one by one."


class TooManyEvents(ResourceExhausted):
    """The planner holds as many events as it may."""

    reason = "TOO_MANY_EVENTS"
    message = "A planner holds at most {most} events. Delete some that are over, then try again."


class TooManySeries(ResourceExhausted):
    """The planner holds as many recurring events as it may."""

    reason = "TOO_MANY_SERIES"
    message = "A planner holds at most {most} recurring events. Delete some that are over, then try again."


class ChangesMissed(Unavailable):
    """Changes could not be followed for a while, so that this stream may have missed some."""

    reason = "CHANGES_MISSED"
    message = "Some changes may not have been shown. Fetch them with GET /v1/planner/events:sync, then watch again."


class TitleEmpty(InvalidArgument):
    """The title is white space only."""

    reason = "TITLE_EMPTY"
    message = "An event needs a title with at least one character that can be seen. Write one and send it again."


class TimeZoneUnknown(InvalidArgument):
    """No IANA time zone has that name."""

    reason = "TIME_ZONE_UNKNOWN"
    message = 'There is no time zone {time_zone}. Use a name of the IANA database such as "Europe/Berlin".'


class PeriodInvalid(InvalidArgument):
    """An end before its start, or a time no planner can mean."""

    reason = "PERIOD_INVALID"
    message = "{field} {problem}. Correct it and send the request again."


class RecurrenceInvalid(InvalidArgument):
    """A recurrence line that is not RFC 5545, or means nothing we could expand."""

    reason = "RECURRENCE_INVALID"
    message = 'The recurrence line "{line}" {problem}. Write it as RFC 5545 says, such as "RRULE:FREQ=WEEKLY;COUNT=10".'


class ReminderInvalid(InvalidArgument):
    """A reminder that does not say when."""

    reason = "REMINDER_INVALID"
    message = "A reminder does not say when. Give it minutesBefore or time."


class OccurrenceRequired(InvalidArgument):
    """A recurring event was named where one of its occurrences is meant."""

    reason = "OCCURRENCE_REQUIRED"
    message = "The event {event} recurs. Say which of its occurrences you mean with occurrenceStart."


class OccurrenceNotFound(NotFound):
    """The event does not take place then."""

    reason = "OCCURRENCE_NOT_FOUND"
    message = "The event {event} has no occurrence at {start}. Take an occurrenceStart from GET /v1/planner/events."
