"""When lessons should be ready, in the order in which they are made."""

from datetime import UTC, datetime, timedelta

from content_service.domain import InLine, Lane, Progress, Queue, Share, Standing, estimates, forecasts, time_left

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS = {"INTRO": timedelta(seconds=10), "HONORS": timedelta(seconds=20)}


def _after(queue: Queue, *difficulties: str, batch: bool = False) -> list[float]:
    return [(ready - NOW).total_seconds() for ready in estimates(NOW, queue, difficulties, batch=batch)]


def _queue(*shares: Share, workers: int = 1, served: bool = False) -> Queue:
    return Queue(shares, served, workers, SECONDS)


def _share(
    lane: Lane,
    turn: int,
    difficulty: str,
    count: int,
    left: float,
    mine: bool = False,
    standing: Standing = Standing.NEW,
) -> Share:
    return Share((lane, turn, standing), difficulty, count, left, mine)


def test_a_lesson_takes_as_long_as_others_of_its_difficulty_did_and_a_guess_before_any() -> None:
    assert _after(_queue(), "INTRO") == [10]
    assert _after(_queue(), "STANDARD") == [15]
    assert _after(Queue(), "INTRO")[0] > 0


def test_the_estimate_counts_what_is_left_of_everything_before() -> None:
    begun, waits = _share(Lane.BEGUN, 1, "INTRO", 1, 0.5), _share(Lane.SINGLE, 1, "INTRO", 2, 2)
    assert _after(_queue(begun, waits), "INTRO") == [35]


def test_workers_share_the_queue_and_an_idle_one_begins_at_once() -> None:
    assert _after(_queue(_share(Lane.SINGLE, 1, "INTRO", 4, 4), workers=2), "INTRO") == [30]
    assert _after(_queue(_share(Lane.BEGUN, 1, "INTRO", 1, 1), workers=2), "HONORS") == [20]


def test_lessons_asked_for_together_wait_for_each_other() -> None:
    assert _after(_queue(), "INTRO", "HONORS", "INTRO") == [10, 30, 40]
    assert _after(_queue(workers=2), "INTRO", "HONORS", "INTRO") == [10, 20, 20]


def test_a_single_lesson_waits_for_nothing_of_a_batch_but_what_has_begun_and_a_batch_for_single_ones() -> None:
    busy = _queue(_share(Lane.BEGUN, 1, "INTRO", 1, 1), _share(Lane.BATCH, 2, "INTRO", 9, 9))
    assert _after(busy, "INTRO") == [20]
    single = _queue(_share(Lane.SINGLE, 7, "HONORS", 1, 1))
    assert _after(single, "INTRO", "INTRO", batch=True) == [30, 40]


def test_a_lesson_waits_for_nothing_of_a_later_turn_and_who_was_served_lately_for_all_of_the_same_one() -> None:
    shares = [_share(Lane.SINGLE, turn, "INTRO", 1, 1, standing=Standing.SERVED) for turn in (1, 2, 3)]
    assert _after(_queue(*shares), "INTRO") == [10]
    assert _after(_queue(*shares, served=True), "INTRO", "INTRO") == [20, 40]


def test_another_lesson_of_an_account_takes_the_turn_after_its_last_one() -> None:
    mine = [_share(Lane.SINGLE, turn, "INTRO", 1, 1, mine=True) for turn in (1, 2)]
    theirs = [_share(Lane.SINGLE, turn, "INTRO", 1, 1) for turn in (3, 4)]
    assert _after(_queue(*mine, *theirs), "INTRO") == [40]
    batch = _share(Lane.BATCH, 5, "INTRO", 1, 1, mine=True)
    assert _after(_queue(*mine, *theirs, batch), "INTRO") == [40]


def test_who_still_has_a_single_lesson_before_comes_last_in_each_turn_of_the_batches() -> None:
    theirs = _share(Lane.BATCH, 1, "HONORS", 1, 1, standing=Standing.SERVED)
    assert _after(_queue(theirs), "INTRO", batch=True) == [10]
    mine = _share(Lane.SINGLE, 1, "INTRO", 1, 1, mine=True)
    assert _after(_queue(theirs, mine), "INTRO", batch=True) == [40]


def test_what_is_done_takes_no_more_time() -> None:
    assert time_left(SECONDS, "HONORS", 75) == timedelta(seconds=5)


def _told(*line: InLine, workers: int = 1) -> dict[str, float]:
    return {video: (ready - NOW).total_seconds() for video, ready in forecasts(NOW, line, workers, SECONDS).items()}


def test_all_that_wait_are_told_when_they_should_be_ready_in_their_order() -> None:
    begun = InLine("a", True, "INTRO", 50, None)
    waiting = [InLine("b", False, "INTRO", 0, None), InLine("c", False, "HONORS", 0, None)]
    assert _told(begun, *waiting) == {"b": 15, "c": 35}
    assert _told(begun, *waiting, workers=2) == {"b": 10, "c": 25}


def test_who_was_told_nearly_the_same_is_told_nothing() -> None:
    nearly, otherwise = NOW + timedelta(seconds=12), NOW + timedelta(seconds=60)
    assert _told(InLine("a", False, "INTRO", 0, nearly), InLine("b", False, "INTRO", 0, otherwise)) == {"b": 20}


def _progress(percent: int, stage: str, ready: datetime | None = None) -> Progress:
    return Progress("v", "PENDING", stage, percent, "", ready)


def test_those_who_watch_hear_of_another_time_while_a_lesson_waits_and_never_of_going_back() -> None:
    waits, later = _progress(0, "queued", NOW), _progress(0, "queued", NOW + timedelta(minutes=1))
    assert later.follows(waits)
    assert not waits.follows(waits)
    voice = _progress(21, "voice", NOW)
    assert voice.follows(waits)
    assert not waits.follows(voice)
    assert not _progress(21, "voice").follows(voice)
    assert _progress(21, "slides").follows(voice)
