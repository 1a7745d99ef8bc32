"""The inference service as judge and as author."""

import grpc

from content_service.convert import scripts
from content_service.convert.videos import difficulty, subject
from content_service.errors import TopicNotRelevant, TopicNotSupported, TopicRejected
from content_service.lesson.script import Difficulty, Script, Subject
from littlemonster.inference.v1.inference_service_pb2 import (
    GenerateScriptRequest,
    ModerateRequest,
    ModerationContext,
    ValidateTopicRequest,
)
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub, ModerationServiceStub
from littlemonster.inference.v1.script_pb2 import Script as ScriptMessage

_WRITE_SECONDS = 60.0


class InferenceJudge:
    """The adapter of `ports.Judge`: moderation first, then whether the curriculum knows the topic."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._moderation = ModerationServiceStub(channel)
        self._generation = GenerationServiceStub(channel)

    async def admit(self, topic: str, subject_: Subject) -> None:
        """What must not be taught is refused before anybody looks for it in the curriculum."""
        await self._moderate(topic, subject_)
        await self._validate(topic, subject_)

    async def _moderate(self, topic: str, subject_: Subject) -> None:
        context = ModerationContext(subject=subject(subject_))
        verdict = await self._moderation.Moderate(ModerateRequest(type="PROMPT", content=topic, context=context))
        if verdict.withheld:
            raise TopicRejected(detail=verdict.resources, categories=",".join(verdict.categories))
        if not verdict.approved:
            raise TopicRejected(reasons=" ".join(verdict.reasons), categories=",".join(verdict.categories))

    async def _validate(self, topic: str, subject_: Subject) -> None:
        answer = await self._generation.ValidateTopic(ValidateTopicRequest(topic=topic, subject=subject(subject_)))
        suggestions = ", ".join(answer.suggestions) or "none"
        if answer.off_subject:
            raise TopicNotRelevant(topic=topic, subject=subject_.lower(), suggestions=suggestions)
        if not answer.supported:
            raise TopicNotSupported(topic=topic, suggestions=suggestions)


class InferenceWriter:
    """The adapter of `ports.ScriptWriter`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._generation = GenerationServiceStub(channel)

    async def write(self, topic: str, subject_: Subject, difficulty_: Difficulty, seed: int) -> bytes:
        """The script's message, which is what is kept."""
        request = GenerateScriptRequest(
            topic=topic, subject=subject(subject_), difficulty=difficulty(difficulty_), seed=seed
        )
        answer = await self._generation.GenerateScript(request, timeout=_WRITE_SECONDS)
        return answer.SerializeToString()

    def read(self, script: bytes) -> tuple[Script, dict[str, object]]:
        """Scenes for the renderer, provenance for the catalogue."""
        message = ScriptMessage.FromString(script)
        return scripts.script(message), scripts.provenance(message)
