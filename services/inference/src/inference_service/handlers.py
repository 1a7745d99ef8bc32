"""The servicers: convert in, call one use case, convert out."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from inference_service import convert
from inference_service.domain.content_check import check
from inference_service.domain.generation import Claim, Priority
from inference_service.domain.moderation.policy import TextType
from inference_service.ports import ModelShelf
from inference_service.use_cases import Classifying, Judging, Lessons, Texts, Writing
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1 import inference_service_pb2_grpc as grpc_pb
from littlemonster.inference.v1.script_pb2 import Script
from servicekit.caller import current_caller
from servicekit.interceptors import Context


class GenerationHandlers(grpc_pb.GenerationServiceServicer):
    """Text that a model writes."""

    def __init__(self, lessons: Lessons, writing: Writing, texts: Texts) -> None:
        self._lessons, self._writing, self._texts = lessons, writing, texts

    async def GenerateScript(self, request: pb.GenerateScriptRequest, context: Context) -> Script:
        subject, difficulty = convert.required_subject(request.subject), convert.difficulty(request.difficulty)
        claim = convert.lesson_claim(request, current_caller())
        return convert.script(await self._lessons.write_script(request.topic, subject, difficulty, request.seed, claim))

    async def ValidateTopic(self, request: pb.ValidateTopicRequest, context: Context) -> pb.ValidateTopicResponse:
        return convert.advice(self._lessons.validate_topic(request.topic, convert.required_subject(request.subject)))

    async def ValidateContent(self, request: pb.ValidateContentRequest, context: Context) -> pb.ValidateContentResponse:
        return convert.findings(check(convert.content(request.script)))

    async def GenerateStream(
        self, request: pb.GenerateStreamRequest, context: Context
    ) -> AsyncIterator[pb.GenerateStreamResponse]:
        claim = Claim(current_caller().id, Priority.BATCH if request.batch else Priority.INTERACTIVE)
        stream = self._writing.stream(request.prompt, request.model, convert.sampling(request), claim)
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                yield convert.piece(piece)

    async def GenerateSummary(self, request: pb.GenerateSummaryRequest, context: Context) -> pb.GenerateSummaryResponse:
        extract = await self._texts.summarise(request.text, Claim(current_caller().id, Priority.LESSON))
        return pb.GenerateSummaryResponse(summary=" ".join(extract.sentences), source=extract.source)

    async def GenerateKeyPoints(
        self, request: pb.GenerateKeyPointsRequest, context: Context
    ) -> pb.GenerateKeyPointsResponse:
        extract = await self._texts.key_points(request.text, Claim(current_caller().id, Priority.LESSON))
        return pb.GenerateKeyPointsResponse(key_points=extract.sentences, source=extract.source)

    async def Embed(self, request: pb.EmbedRequest, context: Context) -> pb.EmbedResponse:
        return convert.embeddings(*await self._texts.embed(request.texts))


class ModerationHandlers(grpc_pb.ModerationServiceServicer):
    """Judgements on text."""

    def __init__(self, judging: Judging, classifying: Classifying) -> None:
        self._judging, self._classifying = judging, classifying

    async def Moderate(self, request: pb.ModerateRequest, context: Context) -> pb.ModerateResponse:
        subject = convert.subject(request.context.subject)
        type_, user = TextType(request.type), convert.account(request.user_id, current_caller())
        remaining = context.time_remaining()
        return convert.verdict(await self._judging.moderate(request.content, type_, subject, user, remaining))

    async def ClassifySubject(self, request: pb.ClassifySubjectRequest, context: Context) -> pb.ClassifySubjectResponse:
        return convert.subject_guess(self._classifying.subject(request.content))

    async def DetectLanguage(self, request: pb.DetectLanguageRequest, context: Context) -> pb.DetectLanguageResponse:
        guess = self._classifying.language(request.content)
        return pb.DetectLanguageResponse(language=guess.tag, confidence=guess.confidence)


class ModelHandlers(grpc_pb.ModelServiceServicer):
    """The models at hand."""

    def __init__(self, models: ModelShelf) -> None:
        self._models = models

    async def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ListModelsResponse:
        return pb.ListModelsResponse(models=[convert.model(card, state) for card, state in self._models.listed()])

    async def LoadModel(self, request: pb.LoadModelRequest, context: Context) -> pb.Model:
        return convert.model(*await self._models.load(request.model))

    async def UnloadModel(self, request: pb.UnloadModelRequest, context: Context) -> pb.Model:
        return convert.model(*await self._models.unload(request.model))
