"""What is planned, as it is asked for. Total but for times that cannot be read."""

import dataclasses
from datetime import datetime
from typing import Any

from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.convert.values import SUBJECTS, TYPES, time
from planner_service.domain.events import EventType, Plan, Reminder, Scope, Which
from planner_service.errors import ReminderInvalid, UpdateMaskInvalid
from servicekit.validation import json_name

_LONGEST_SHOWN = 64
_CHANGEABLE = {field.name for field in dataclasses.fields(Plan)}
_SUBJECT_OF = {number: subject for subject, number in SUBJECTS.items()}
_TYPE_OF = {number: kind for kind, number in TYPES.items()} | {pb.EVENT_TYPE_UNSPECIFIED: EventType.STUDY}


def plan(request: pb.CreateEventRequest) -> Plan:
    """Raises PeriodInvalid, ReminderInvalid."""
    start = time(request.start_time, "startTime")
    return Plan(
        title=request.title,
        start_time=start,
        end_time=time(request.end_time, "endTime") if request.HasField("end_time") else start,
        description=request.description,
        subject=_SUBJECT_OF[request.subject],
        type=_TYPE_OF[request.type],
        all_day=request.all_day,
        time_zone=request.time_zone or "UTC",
        recurrence=tuple(request.recurrence),
        reminders=tuple(map(reminder, request.reminders)),
    )


def reminder(message: pb.Reminder) -> Reminder:
    """Raises ReminderInvalid, PeriodInvalid."""
    match message.WhichOneof("when"):
        case "minutes_before":
            return Reminder(minutes_before=message.minutes_before)
        case "time":
            return Reminder(time=time(message.time, "reminders"))
        case _:
            raise ReminderInvalid(fields={"reminders": "needs minutesBefore or time"})


def changes(request: pb.UpdateEventRequest) -> dict[str, Any]:
    """The fields of a plan that are given. Raises UpdateMaskInvalid, PeriodInvalid, ReminderInvalid."""
    if unknown := set(request.update_mask.paths) - _CHANGEABLE:
        problem = "names fields that cannot be changed"
        raise UpdateMaskInvalid(fields={"updateMask": problem}, path=json_name(min(unknown)[:_LONGEST_SHOWN]))
    given: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("title", "description", "all_day", "time_zone")
        if request.HasField(name)
    }
    if request.HasField("subject"):
        given["subject"] = _SUBJECT_OF[request.subject]
    if request.HasField("type"):
        given["type"] = _TYPE_OF[request.type]
    if request.HasField("start_time"):
        given["start_time"] = time(request.start_time, "startTime")
    if request.HasField("end_time"):
        given["end_time"] = time(request.end_time, "endTime")
    if request.recurrence or "recurrence" in request.update_mask.paths:
        given["recurrence"] = tuple(request.recurrence)
    if request.reminders or "reminders" in request.update_mask.paths:
        given["reminders"] = tuple(map(reminder, request.reminders))
    return given


def which(request: pb.UpdateEventRequest | pb.DeleteEventRequest) -> Which:
    """Which occurrences are meant. Raises PeriodInvalid."""
    return Which(Scope(request.scope or "ALL"), occurrence_start(request))


def occurrence_start(
    request: pb.CompleteEventRequest | pb.UpdateEventRequest | pb.DeleteEventRequest,
) -> datetime | None:
    """Which occurrence is meant; None when not stated. Raises PeriodInvalid."""
    stated = request.HasField("occurrence_start")
    return time(request.occurrence_start, "occurrenceStart") if stated else None
