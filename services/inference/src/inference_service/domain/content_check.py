"""What must hold before a written lesson is spoken: true numbers, balanced reactions, a level for its class, a fair length.

The one place of this rule: ValidateContent answers with it, and the pipeline asks for it after every script.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inference_service.curriculum.arithmetic import wrong_equations
from inference_service.curriculum.reactions import imbalance, is_reaction
from inference_service.domain.reading_level import grade
from inference_service.domain.spoken_numbers import wrong_sums
from inference_service.domain.subject import Difficulty

WORDS_PER_MINUTE = 142
"""Measured on the narrator's voice, pauses included."""
SECONDS = range(45, 181)
GRADES = {Difficulty.INTRO: 9.0, Difficulty.STANDARD: 11.0, Difficulty.HONORS: 14.0}
"""The highest school grade whose pupils can follow a lesson of the level by ear."""
LONGEST_SENTENCE = 40
LONGEST_CLAIM = 1000
MOST_PROBLEMS = 20
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Content:
    """A lesson's words by what becomes of them; `claims` are the texts shown as true, formulas included, none twice."""

    difficulty: Difficulty
    narration: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found: each problem a sentence, the grade of the narration, and how long it takes to say, in seconds."""

    problems: tuple[str, ...]
    reading_grade: float
    seconds: float


def check(content: Content) -> Findings:
    """The first problems of a lesson, at most MOST_PROBLEMS; none when it may be spoken."""
    narration = " ".join(content.narration)
    level, length = grade(narration), seconds(content.narration)
    problems = [*_of_claims(content.claims), *_of_narration(content.narration)]
    if level > GRADES[content.difficulty]:
        problems.append(
            f"The narration reads like grade {level:.0f}, but a lesson of this level may reach grade "
            f"{GRADES[content.difficulty]:.0f}: use shorter sentences and words."
        )
    if round(length) not in SECONDS:
        problems.append(f"The narration takes about {length:.0f} s instead of {SECONDS.start} to {SECONDS.stop - 1} s.")
    return Findings(tuple(problems[:MOST_PROBLEMS]), round(level, 1), round(length, 1))


def seconds(narration: tuple[str, ...]) -> float:
    """Roughly how long the narration takes."""
    return sum(len(spoken.split()) for spoken in narration) / WORDS_PER_MINUTE * 60


def _of_claims(claims: tuple[str, ...]) -> Iterator[str]:
    for claim in claims:
        if len(claim) > LONGEST_CLAIM:
            yield f"A text has {len(claim)} characters, and {LONGEST_CLAIM} is the most: “{claim[:60]}…”."
        elif is_reaction(claim):
            yield from _of_reaction(claim)
        else:
            yield from (f"This equation does not hold: {equation}." for equation in wrong_equations(claim))


def _of_reaction(claim: str) -> Iterator[str]:
    try:
        difference = imbalance(claim)
    except ValueError as error:
        difference = str(error)
    if difference:
        yield f"This reaction does not balance: {claim} ({difference})."


def _of_narration(narration: tuple[str, ...]) -> Iterator[str]:
    for sentence in (sentence for spoken in narration for sentence in _SENTENCE_END.split(spoken)):
        yield from (f"This is said, and does not hold: {sum_}." for sum_ in wrong_sums(sentence))
        if (count := len(sentence.split())) > LONGEST_SENTENCE:
            yield f"A sentence has {count} words, and {LONGEST_SENTENCE} can be followed by ear: “{sentence[:60]}…”."
