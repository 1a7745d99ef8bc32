"""Rules of lesson videos."""

from datetime import UTC, datetime, timedelta

import pytest

from content_service.domain import (
    CAME_FROM,
    MAX_ATTEMPTS,
    GiveUp,
    Retry,
    Stage,
    Status,
    after_failure,
    hour_of,
    percent_of,
    words_for,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_progress_never_falls_from_one_stage_to_the_next() -> None:
    percents = [percent_of(stage, fraction) for stage in Stage for fraction in (0.0, 0.5, 1.0)]
    assert percents == sorted(percents)
    assert percents[-1] == 100


@pytest.mark.parametrize("fraction", [-1.0, 2.0])
def test_a_fraction_out_of_bounds_stays_inside_its_stage(fraction: float) -> None:
    assert percent_of(Stage.RENDER, 0) <= percent_of(Stage.RENDER, fraction) <= percent_of(Stage.RENDER, 1)


def test_each_stage_has_words_for_the_person_who_waits() -> None:
    assert all(words_for(stage).endswith(".") for stage in Stage)


def test_only_a_video_that_waits_or_is_being_made_changes_by_itself() -> None:
    assert {status for status in Status if not status.final} == {Status.PENDING, Status.PROCESSING}


def test_every_status_says_where_it_may_come_from_and_nothing_comes_back_from_deletion() -> None:
    assert set(CAME_FROM) == set(Status)
    assert all(Status.DELETED not in origins for origins in CAME_FROM.values())


def test_a_failure_that_may_pass_is_tried_again_later_each_time() -> None:
    first = after_failure(1, "down.", retryable=True, now=NOW)
    second = after_failure(2, "down.", retryable=True, now=NOW)
    assert isinstance(first, Retry)
    assert isinstance(second, Retry)
    assert NOW < first.not_before < second.not_before


def test_the_last_attempt_gives_up_and_says_what_to_do() -> None:
    outcome = after_failure(MAX_ATTEMPTS, "The disk is full.", retryable=True, now=NOW)
    assert isinstance(outcome, GiveUp)
    assert outcome.message.startswith("The disk is full.")
    assert "administrator" in outcome.message


def test_a_failure_that_cannot_pass_gives_up_at_once() -> None:
    assert after_failure(1, "No such formula.", retryable=False, now=NOW) == GiveUp("No such formula.")


def test_a_viewer_counts_once_from_the_first_moment_of_an_hour_to_its_last() -> None:
    first, last = NOW, NOW.replace(minute=59, second=59, microsecond=999_999)
    assert hour_of(first) == hour_of(last) == NOW
    assert hour_of(last + timedelta(microseconds=1)) == NOW + timedelta(hours=1)
