"""What several messages are made of."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.common.v1 import study_pb2 as study
from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.domain.events import EventType, Subject
from planner_service.errors import PeriodInvalid

SUBJECTS = {
    Subject.NONE: study.SUBJECT_UNSPECIFIED,
    Subject.MATH: study.SUBJECT_MATH,
    Subject.CHEMISTRY: study.SUBJECT_CHEMISTRY,
    Subject.HISTORY: study.SUBJECT_HISTORY,
    Subject.ENGLISH: study.SUBJECT_ENGLISH,
}
TYPES = {
    EventType.ASSIGNMENT: pb.EVENT_TYPE_ASSIGNMENT,
    EventType.STUDY: pb.EVENT_TYPE_STUDY,
    EventType.EXAM: pb.EVENT_TYPE_EXAM,
    EventType.PROJECT: pb.EVENT_TYPE_PROJECT,
}


def time(timestamp: Timestamp, field: str) -> datetime:
    """`field` is the name in JSON. Raises PeriodInvalid for a timestamp beyond the calendar."""
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        problem = "is not a time of the calendar"
        raise PeriodInvalid(fields={field: problem}, field=field, problem=problem) from None


def timestamp(time: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(time)
    return made
