"""What was planned and done, summed up."""

from datetime import datetime

from littlemonster.common.v1 import study_pb2 as study
from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.convert.values import SUBJECTS, TYPES, time
from planner_service.domain import events as planning
from planner_service.domain.events import Period
from planner_service.domain.progress import Count, Progress


def progress_period(request: pb.GetProgressRequest, now: datetime) -> Period:
    """The period to sum up. Raises PeriodInvalid."""
    return planning.period(time(request.start_time, "startTime"), time(request.end_time, "endTime"), now)


def progress(summed: Progress) -> pb.Progress:
    return pb.Progress(
        total=_count(summed.total),
        by_subject={study.Subject.Name(SUBJECTS[key]): _count(each) for key, each in summed.by_subject.items()},
        by_type={pb.EventType.Name(TYPES[key]): _count(each) for key, each in summed.by_type.items()},
        by_week={week: _count(each) for week, each in summed.by_week.items()},
        streak_days=summed.streak_days,
    )


def _count(count: Count) -> pb.ProgressCount:
    return pb.ProgressCount(planned=count.planned, completed=count.completed, completion_rate=count.rate)
