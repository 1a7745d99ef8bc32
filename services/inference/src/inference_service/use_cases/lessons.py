"""Scripts from the curriculum, with short lines by a model."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from inference_service.domain.classification import SubjectModel, off_subject
from inference_service.domain.generation import Claim, Sampling
from inference_service.domain.lesson import Curriculum
from inference_service.domain.lessons import lines_needed, places, scenes
from inference_service.domain.lines import (
    PROMPT_VERSION,
    LineKind,
    SpokenLine,
    Wording,
    curated,
    objection,
    prompt,
    seed_of,
    wording,
)
from inference_service.domain.models import ModelCard, Task
from inference_service.domain.script import Provenance, Script
from inference_service.domain.subject import Difficulty, Subject
from inference_service.domain.topics import Found, OtherSubject, TopicAdvice, find_topic
from inference_service.errors import TopicNotSupported
from inference_service.ports import ANYBODY, ModelShelf, TextEngine

LINE_TOKENS = 56
LINE_TEMPERATURE = 0.7
ATTEMPTS = 3


class Lessons:
    """Scripts from the curriculum, with short lines by the model."""

    def __init__(self, curriculum: Curriculum, models: ModelShelf, subjects: SubjectModel) -> None:
        """`subjects` tells what a topic is about that the curriculum does not have."""
        self._curriculum, self._models, self._subjects = curriculum, models, subjects

    async def write_script(
        self, asked: str, subject: Subject, difficulty: Difficulty, seed: int, claim: Claim = ANYBODY
    ) -> Script:
        """The same request, seed and model give the same script. Raises TopicNotSupported and what shelf and engine raise."""
        found = self._find(asked, subject)
        engine = await self._models.engine(Task.LINES)
        plan = found.topic.levels[difficulty]
        place_of = places(plan)
        allowed = wording(self._curriculum, found.slug)
        asking = _Asking(engine, claim, seed)
        lines = [await self._line(asking, found.slug, allowed, kind) for kind in lines_needed(plan)]
        return Script(
            title=found.topic.title,
            subject=subject,
            difficulty=difficulty,
            summary=plan.summary,
            key_points=tuple(point.text for point in plan.key_points),
            tags=found.topic.tags,
            scenes=scenes(found.topic, difficulty, {line.kind: line.text for line in lines}, seed),
            provenance=_provenance(engine.card, found.slug, plan.facts, lines, seed),
            key_point_places=tuple(place_of[point.taught_by] for point in plan.key_points),
        )

    def validate_topic(self, asked: str, subject: Subject) -> TopicAdvice:
        """Say whether `asked` can be taught in `subject`, and what can be instead."""
        match find_topic(self._curriculum, asked, subject):
            case Found(topic=topic):
                return TopicAdvice(True, title=topic.title, aliases=topic.aliases)
            case OtherSubject(topic=topic):
                reason = f"'{topic.title}' belongs to {topic.subject.lower()}. Choose that subject."
                return TopicAdvice(False, topic.title, (topic.title,), reason, off_subject=True)
            case unknown:
                error = _not_supported(asked, subject, unknown.nearest)
                off = off_subject(self._subjects.classify(asked), subject)
                return TopicAdvice(False, suggestions=unknown.nearest, reason=str(error), off_subject=off)

    def _find(self, asked: str, subject: Subject) -> Found:
        match find_topic(self._curriculum, asked, subject):
            case Found() as found:
                return found
            case OtherSubject(topic=topic):
                raise _not_supported(asked, subject, (f"{topic.title} ({topic.subject.lower()})",))
            case unknown:
                raise _not_supported(asked, subject, unknown.nearest)

    async def _line(self, asking: "_Asking", slug: str, allowed: Wording, kind: LineKind) -> SpokenLine:
        """The model's line when one of a few attempts may be spoken, else a curated one; around a solemn topic always that."""
        for attempt in range(0 if self._curriculum.topics[slug].solemn else ATTEMPTS):
            seed = seed_of(asking.seed, slug, kind, attempt)
            line = await asking.complete(prompt(self._curriculum, slug, kind, asking.seed, attempt), seed)
            if not objection(line, kind, allowed):
                return SpokenLine(kind, line, by_model=True)
        return SpokenLine(kind, curated(self._curriculum, slug, kind, asking.seed), by_model=False)


@dataclass(frozen=True, slots=True)
class _Asking:
    """The model that writes one script, on whose account, and the script's seed."""

    engine: TextEngine
    claim: Claim
    seed: int

    async def complete(self, asked: str, seed: int) -> str:
        sampling = Sampling(LINE_TOKENS, LINE_TEMPERATURE, seed, stop="\n")
        async with contextlib.aclosing(self.engine.generate(asked, sampling, self.claim)) as pieces:
            return "".join([piece.text async for piece in pieces]).strip()


def _provenance(card: ModelCard, slug: str, facts: Sequence[str], lines: Sequence[SpokenLine], seed: int) -> Provenance:
    return Provenance(
        model=card.name,
        model_sha256=card.sha256,
        prompt_version=PROMPT_VERSION,
        seed=seed,
        facts=tuple(f"{slug}/{fact}" for fact in facts),
        model_lines=tuple(line.kind for line in lines if line.by_model),
    )


def _not_supported(asked: str, subject: Subject, nearest: tuple[str, ...]) -> TopicNotSupported:
    return TopicNotSupported(topic=asked, subject=subject.lower(), suggestions=", ".join(nearest))
