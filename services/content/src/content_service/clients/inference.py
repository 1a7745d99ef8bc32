"""The inference service as judge and as author."""

import json

import grpc

from content_service.convert import scripts
from content_service.convert.videos import difficulty, subject
from content_service.domain import Job
from content_service.errors import ScriptRefused, TopicNotRelevant, TopicNotSupported, TopicRejected
from content_service.lesson.script import Difficulty, Script, Subject
from littlemonster.inference.v1.inference_service_pb2 import (
    GenerateScriptRequest,
    ModerateRequest,
    ModerationContext,
    ValidateContentRequest,
    ValidateTopicRequest,
)
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub, ModerationServiceStub
from littlemonster.inference.v1.script_pb2 import Script as ScriptMessage

_WRITE_SECONDS = 60.0
_MOST_PROBLEMS = 3  # of those told to the creator


class InferenceJudge:
    """The adapter of `ports.Judge`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._moderation = ModerationServiceStub(channel)
        self._generation = GenerationServiceStub(channel)

    async def moderate(self, topic: str, subject_: Subject, author: str) -> bytes:
        """Raises TopicRejected with the reasons the author is given."""
        context = ModerationContext(subject=subject(subject_))
        request = ModerateRequest(type="PROMPT", content=topic, context=context, user_id=author)
        verdict = await self._moderation.Moderate(request)
        if verdict.withheld:
            raise TopicRejected(detail=verdict.resources, categories=",".join(verdict.categories))
        if not verdict.approved:
            raise TopicRejected(reasons=" ".join(verdict.reasons), categories=",".join(verdict.categories))
        return _kept(policy_version=verdict.policy_version, confidence=verdict.confidence)

    async def validate(self, topic: str, subject_: Subject) -> bytes:
        """Raises TopicNotRelevant, or TopicNotSupported, with the nearest topics."""
        answer = await self._generation.ValidateTopic(ValidateTopicRequest(topic=topic, subject=subject(subject_)))
        suggestions = ", ".join(answer.suggestions) or "none"
        if answer.off_subject:
            raise TopicNotRelevant(topic=topic, subject=subject_.lower(), suggestions=suggestions)
        if not answer.supported:
            raise TopicNotSupported(topic=topic, suggestions=suggestions)
        return _kept(title=answer.title, aliases=list(answer.aliases))


class InferenceWriter:
    """The adapter of `ports.ScriptWriter`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._generation = GenerationServiceStub(channel)

    async def write(self, job: Job) -> bytes:
        """The script's message, which is what is kept. Accounts share the model fairly, so it is told whose it is."""
        request = GenerateScriptRequest(
            topic=job.topic,
            subject=subject(Subject(job.subject)),
            difficulty=difficulty(Difficulty(job.difficulty)),
            seed=job.seed,
            user_id=job.owner,
            batch=job.batch,
        )
        answer = await self._generation.GenerateScript(request, timeout=_WRITE_SECONDS)
        return answer.SerializeToString()

    async def check(self, script: bytes) -> bytes:
        """Raises ScriptRefused with the problems."""
        request = ValidateContentRequest(script=ScriptMessage.FromString(script))
        answer = await self._generation.ValidateContent(request)
        if not answer.valid:
            raise ScriptRefused(problems=" ".join(answer.problems[:_MOST_PROBLEMS]))
        return _kept(reading_grade=answer.reading_grade, seconds=answer.seconds)

    def read(self, script: bytes) -> tuple[Script, dict[str, object]]:
        """Scenes for the renderer, provenance for the catalogue."""
        message = ScriptMessage.FromString(script)
        return scripts.script(message), scripts.provenance(message)


def _kept(**values: object) -> bytes:
    return json.dumps(values).encode()
