"""The servicers: convert in, call one use case, convert out."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from grpc.aio import ServicerContext

from inference_service import convert
from inference_service.domain.content_check import check
from inference_service.domain.moderation.policy import TextType
from inference_service.use_cases import Judging, Lessons, Models, Writing
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1 import inference_service_pb2_grpc as grpc_pb
from littlemonster.inference.v1.script_pb2 import Script


class GenerationHandlers(grpc_pb.GenerationServiceServicer):
    """Text that a model writes."""

    def __init__(self, lessons: Lessons, writing: Writing) -> None:
        self._lessons, self._writing = lessons, writing

    async def GenerateScript(self, request: pb.GenerateScriptRequest, context: "ServicerContext[Any, Any]") -> Script:
        subject, difficulty = convert.required_subject(request.subject), convert.difficulty(request.difficulty)
        return convert.script(await self._lessons.write_script(request.topic, subject, difficulty, request.seed))

    async def ValidateTopic(
        self, request: pb.ValidateTopicRequest, context: "ServicerContext[Any, Any]"
    ) -> pb.ValidateTopicResponse:
        return convert.advice(self._lessons.validate_topic(request.topic, convert.required_subject(request.subject)))

    async def ValidateContent(
        self, request: pb.ValidateContentRequest, context: "ServicerContext[Any, Any]"
    ) -> pb.ValidateContentResponse:
        return convert.findings(check(convert.content(request.script)))

    async def GenerateStream(
        self, request: pb.GenerateStreamRequest, context: "ServicerContext[Any, Any]"
    ) -> AsyncIterator[pb.GenerateStreamResponse]:
        stream = self._writing.stream(request.prompt, request.model, convert.sampling(request))
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                yield convert.piece(piece)


class ModerationHandlers(grpc_pb.ModerationServiceServicer):
    """Judgements on text."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    async def Moderate(self, request: pb.ModerateRequest, context: "ServicerContext[Any, Any]") -> pb.ModerateResponse:
        subject = convert.subject(request.context.subject)
        return convert.verdict(self._judging.moderate(request.content, TextType(request.type), subject))


class ModelHandlers(grpc_pb.ModelServiceServicer):
    """The models at hand."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def ListModels(
        self, request: pb.ListModelsRequest, context: "ServicerContext[Any, Any]"
    ) -> pb.ListModelsResponse:
        return pb.ListModelsResponse(models=[convert.model(card, state) for card, state in self._models.list()])
