"""Parting one occurrence, or those from one on, from the rest of their series."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from planner_service.domain.events import EARLIEST, Event, Plan, Scope, end_of
from planner_service.use_cases.expansion import UTC_FORM, by_rule, dates, parts
from planner_service.use_cases.recurrence import occurrence

_SECOND = timedelta(seconds=1)


def split(event: Event, scope: Scope, start: datetime | None) -> tuple[Event, Event] | None:
    """What stays and what is parted; None when that is all of it.

    Both keep the event's id and what is done of them. Raises OccurrenceRequired, OccurrenceNotFound.
    """
    if scope is Scope.ALL or not event.plan.recurrence:
        return None
    start = occurrence(event, start).start
    if scope is Scope.THIS:
        alone = replace(_begun(event.plan, start), recurrence=())
        rest = replace(event.plan, recurrence=(*event.plan.recurrence, f"EXDATE:{start:{UTC_FORM}}"))
        return _part(event, rest, lambda each: each != start), _part(event, alone, lambda each: each == start)
    if start == event.plan.start_time:
        return None
    before, following = _until(event.plan, start), _since(event.plan, start)
    return _part(event, before, lambda each: each < start), _part(event, following, lambda each: each >= start)


def _part(event: Event, plan: Plan, holds: Callable[[datetime], bool]) -> Event:
    done = tuple(each for each in event.completions if holds(each.occurrence_start))
    return replace(event, plan=plan, completions=done)


def _begun(plan: Plan, start: datetime) -> Plan:
    return replace(plan, start_time=start, end_time=end_of(plan, start))


def _until(plan: Plan, start: datetime) -> Plan:
    rule = _rule(plan)
    # A rule that has ended by then keeps its own end: a later one would wake it up.
    ended = _next_strike(plan, rule, start) is None
    limit = _remaining_limit(plan, rule) if ended else f"UNTIL={start - _SECOND:{UTC_FORM}}"
    return replace(plan, recurrence=_lines(plan, limit, lambda each: each < start))


def _rule(plan: Plan) -> str:
    """The plan's rule; empty when it has none."""
    return next((line for line in plan.recurrence if line.startswith("RRULE:")), "")


def _next_strike(plan: Plan, rule: str, since: datetime) -> datetime | None:
    return next(by_rule(rule, plan, since), None) if rule else None


def _since(plan: Plan, start: datetime) -> Plan:
    """The occurrence that starts then and those that follow.

    A rule counts from the start of its plan, so the parted one begins where the rule strikes next; a date that was added
    by RDATE is not such a start, and stays an added one.
    """
    rule = _rule(plan)
    first = _next_strike(plan, rule, start)
    if first is None:
        dated = replace(plan, recurrence=tuple(line for line in plan.recurrence if line != rule))
        return replace(_begun(plan, start), recurrence=_lines(dated, "", lambda each: each >= start))
    lines = _lines(plan, _remaining_limit(plan, rule, before=start), lambda each: each >= start)
    return replace(_begun(plan, first), recurrence=lines)


def _remaining_limit(plan: Plan, rule: str, before: datetime = EARLIEST) -> str:
    """The rule's own end, less what has been of it before a time."""
    for part in parts(rule):
        if part.startswith("UNTIL="):
            return part
        if part.startswith("COUNT="):
            past = sum(start < before for start in by_rule(rule, plan)) if before > plan.start_time else 0
            return f"COUNT={int(part.removeprefix('COUNT=')) - past}"
    return ""


def _lines(plan: Plan, limit: str, keep: Callable[[datetime], bool]) -> tuple[str, ...]:
    """The lines, the rule with that limit for its own, and of the dates those to keep."""
    lines = []
    for line in plan.recurrence:
        if line.startswith("RRULE:"):
            rule = [part for part in parts(line) if not part.startswith(("COUNT=", "UNTIL="))]
            lines.append("RRULE:" + ";".join([*rule, limit] if limit else rule))
        elif kept := [f"{date:{UTC_FORM}}" for date in dates(line, plan) if keep(date)]:
            lines.append(f"{line[: line.index('DATE') + 4]}:{','.join(kept)}")
    return tuple(lines)
