"""A script as a sequence of beats: which slide is shown while which words are spoken."""

from collections.abc import Iterator
from dataclasses import dataclass

from content_service.lesson.script import (
    Body,
    Concept,
    Plot,
    Quiz,
    Quote,
    Recap,
    Script,
    Table,
    Timeline,
    Title,
    WorkedExample,
)

BREATH = 0.35  # pause between two beats of a scene, seconds
SCENE_PAUSE = 0.8
READING = 1.4  # how long a beat without words stays
THINKING = 1.0  # one of the quiz's three thinking steps: pupils answer more and better from three seconds of waiting on


@dataclass(frozen=True, slots=True)
class Beat:
    """Slide `step` of scene `scene` (indexes) with what is said; `pause` seconds of silence follow."""

    scene: int
    step: int
    say: str
    pause: float


def storyboard(script: Script) -> tuple[Beat, ...]:
    """All beats in the order they are shown."""
    beats: list[Beat] = []
    for index, scene in enumerate(script.scenes):
        parts = [(say.strip(), step, pause) for say, step, pause in _parts(scene.body)]
        for number, (say, step, pause) in enumerate(parts, start=1):
            silence = pause if say else max(pause, READING if pause == BREATH else 0.0)
            beats.append(Beat(index, step, say, max(silence, SCENE_PAUSE) if number == len(parts) else silence))
    return tuple(beats)


def _parts(body: Body) -> Iterator[tuple[str, int, float]]:
    """(words, slide step, pause after them) of one scene."""
    match body:
        case Title(_, say) | Quote(_, _, say) | Plot(say=say):
            yield say, 0, BREATH
        case Concept(points, formula, formula_say):
            yield from ((point.say, step, BREATH) for step, point in enumerate(points))
            if formula and (formula_say or not points):
                yield formula_say, len(points), BREATH
        case WorkedExample(_, problem_say, steps):
            yield problem_say, 0, BREATH
            yield from ((step.say, number, BREATH) for number, step in enumerate(steps, start=1))
        case Timeline(moments):
            yield from ((moment.say, step, BREATH) for step, moment in enumerate(moments))
        case Table(_, rows):
            yield from ((row.say, step, BREATH) for step, row in enumerate(rows))
        case Quiz(_, question_say, _, _, _, answer_say):
            yield question_say, 0, BREATH
            yield from (("", step, THINKING) for step in (1, 2, 3))
            yield answer_say, 4, BREATH
        case Recap(points):
            yield from ((point.say, step, BREATH) for step, point in enumerate(points))
