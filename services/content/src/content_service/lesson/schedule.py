"""Beats laid out in time once their narration is known: what is seen and heard when."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from content_service.lesson.errors import LessonTooLong
from content_service.lesson.narration import Samples, Utterance, Word
from content_service.lesson.storyboard import Beat

FPS = 20  # the grid every picture change falls on
LEAD_IN = 0.4  # seconds of silence before the first word
CLOSING = 1.2  # and after the last
SCENE_AHEAD = 0.45  # a new scene is seen this long before it is spoken about
STEP_AHEAD = 0.1
MAX_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Shot:
    """One slide on screen, from frame `start` up to, not including, frame `end`."""

    scene: int
    step: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """A beat's words, at lesson time."""

    beat: Beat
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole lesson in time. `samples` end on the frame grid, so sound and picture are equally long."""

    shots: tuple[Shot, ...]
    spoken: tuple[Spoken, ...]
    samples: Samples
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.shots[-1].end / FPS


def schedule(
    beats: tuple[Beat, ...], speak: Callable[[str], Utterance], rate: int, progress: Callable[[float], None]
) -> Schedule:
    """Speak every beat and place it. Raises LessonTooLong beyond MAX_MINUTES."""
    pieces, spoken, starts = [_silence(LEAD_IN, rate)], [], []
    at = len(pieces[0])
    for number, beat in enumerate(beats):
        utterance = speak(beat.say)
        starts.append(at / rate)
        shift = at / rate
        spoken.append(
            Spoken(
                beat, tuple(replace(word, start=word.start + shift, end=word.end + shift) for word in utterance.words)
            )
        )
        pieces += [utterance.samples, _silence(beat.pause, rate)]
        at += len(pieces[-1]) + len(pieces[-2])
        if at / rate > MAX_MINUTES * 60:
            raise LessonTooLong(int(at / rate / 60), MAX_MINUTES)
        progress((number + 1) / len(beats))
    frames = -(-round((at / rate + CLOSING) * 1000) * FPS // 1000)
    pieces.append(np.zeros(max(0, round(frames * rate / FPS) - at), dtype=np.int16))
    return Schedule(_shots(beats, starts, frames), tuple(spoken), np.concatenate(pieces), rate)


def _shots(beats: tuple[Beat, ...], starts: list[float], frames: int) -> tuple[Shot, ...]:
    cuts = [0]
    for before, beat, start in zip(beats, beats[1:], starts[1:], strict=False):
        ahead = (SCENE_AHEAD if beat.scene != before.scene else STEP_AHEAD) if beat.say else 0.0
        cuts.append(max(cuts[-1] + 1, round((start - ahead) * FPS)))
    return tuple(
        Shot(beat.scene, beat.step, start, end)
        for beat, start, end in zip(beats, cuts, [*cuts[1:], frames], strict=True)
    )


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), dtype=np.int16)
