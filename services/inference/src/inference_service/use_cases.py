"""What the service does for its callers: lessons, text, judgements and models."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

from inference_service.domain.generation import EngineState, ModelCard, Piece, Sampling
from inference_service.domain.lesson import Curriculum
from inference_service.domain.lessons import lines_needed, scenes
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
from inference_service.domain.moderation.judge import judge
from inference_service.domain.moderation.policy import Policy, TextType, Verdict
from inference_service.domain.script import Provenance, Script
from inference_service.domain.subject import Difficulty, Subject
from inference_service.domain.topics import Found, OtherSubject, TopicAdvice, find_topic
from inference_service.errors import ModelNotFound, TopicNotSupported
from inference_service.ports import TextEngine

LINE_TOKENS = 56
LINE_TEMPERATURE = 0.7
ATTEMPTS = 3


class Lessons:
    """Scripts from the curriculum, with short lines by the model."""

    def __init__(self, curriculum: Curriculum, engine: TextEngine) -> None:
        self._curriculum, self._engine = curriculum, engine

    async def write_script(self, asked: str, subject: Subject, difficulty: Difficulty, seed: int) -> Script:
        """The same request, seed and model give the same script. Raises TopicNotSupported and what the engine raises."""
        found = self._find(asked, subject)
        plan = found.topic.levels[difficulty]
        allowed = wording(self._curriculum, found.slug)
        lines = [await self._line(found.slug, allowed, subject, difficulty, kind, seed) for kind in lines_needed(plan)]
        return Script(
            title=found.topic.title,
            subject=subject,
            difficulty=difficulty,
            summary=plan.summary,
            key_points=plan.key_points,
            tags=found.topic.tags,
            scenes=scenes(found.topic, difficulty, {line.kind: line.text for line in lines}, seed),
            provenance=self._provenance(found.slug, plan.facts, lines, seed),
        )

    def validate_topic(self, asked: str, subject: Subject) -> TopicAdvice:
        """Say whether `asked` can be taught in `subject`, and what can be instead."""
        match find_topic(self._curriculum, asked, subject):
            case Found(topic=topic):
                return TopicAdvice(True, title=topic.title)
            case OtherSubject(topic=topic):
                reason = f"'{topic.title}' belongs to {topic.subject.lower()}. Choose that subject."
                return TopicAdvice(False, topic.title, (topic.title,), reason)
            case unknown:
                error = _not_supported(asked, subject, unknown.nearest)
                return TopicAdvice(False, suggestions=unknown.nearest, reason=str(error))

    def _find(self, asked: str, subject: Subject) -> Found:
        match find_topic(self._curriculum, asked, subject):
            case Found() as found:
                return found
            case OtherSubject(topic=topic):
                raise _not_supported(asked, subject, (f"{topic.title} ({topic.subject.lower()})",))
            case unknown:
                raise _not_supported(asked, subject, unknown.nearest)

    async def _line(
        self, slug: str, allowed: Wording, subject: Subject, difficulty: Difficulty, kind: LineKind, seed: int
    ) -> SpokenLine:
        """The model's line when one of a few attempts may be spoken, else a curated one."""
        asked = prompt(allowed.name, subject, difficulty, kind)
        for attempt in range(ATTEMPTS):
            sampling = Sampling(LINE_TOKENS, LINE_TEMPERATURE, seed_of(seed, slug, kind, attempt), stop="\n")
            line = await self._complete(asked, sampling)
            if not objection(line, kind, allowed):
                return SpokenLine(kind, line, by_model=True)
        return SpokenLine(kind, curated(self._curriculum, slug, kind, seed), by_model=False)

    async def _complete(self, asked: str, sampling: Sampling) -> str:
        async with contextlib.aclosing(self._engine.generate(asked, sampling)) as pieces:
            return "".join([piece.text async for piece in pieces]).strip()

    def _provenance(self, slug: str, facts: Sequence[str], lines: Sequence[SpokenLine], seed: int) -> Provenance:
        return Provenance(
            model=self._engine.card.name,
            model_sha256=self._engine.card.sha256,
            prompt_version=PROMPT_VERSION,
            seed=seed,
            facts=tuple(f"{slug}/{fact}" for fact in facts),
            model_lines=tuple(line.kind for line in lines if line.by_model),
        )


def _not_supported(asked: str, subject: Subject, nearest: tuple[str, ...]) -> TopicNotSupported:
    return TopicNotSupported(topic=asked, subject=subject.lower(), nearest=", ".join(nearest))


class Writing:
    """Free text from the loaded model."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine

    def stream(self, prompt_text: str, model: str, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        """Stream the continuation. Raises ModelNotFound when another model is named than the one that is loaded."""
        if model not in ("", self._engine.card.name):
            raise ModelNotFound(model=model)
        return self._engine.generate(prompt_text, sampling)


class Judging:
    """Whether texts may be shown."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def moderate(self, text: str, type_: TextType, subject: Subject | None) -> Verdict:
        return judge(text, type_, subject, self._policy)


class Models:
    """The registry, with the state of each model."""

    def __init__(self, cards: Sequence[ModelCard], present: frozenset[str], engine: TextEngine) -> None:
        """`present` names the models whose files are on this machine."""
        self._cards, self._present, self._engine = cards, present, engine

    def list(self) -> tuple[tuple[ModelCard, EngineState], ...]:
        return tuple((card, self._state(card)) for card in self._cards)

    def _state(self, card: ModelCard) -> EngineState:
        if card.name == self._engine.card.name:
            return self._engine.state
        return EngineState.INSTALLED if card.name in self._present else EngineState.MISSING
