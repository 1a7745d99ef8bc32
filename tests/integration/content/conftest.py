"""The content service on real PostgreSQL and NATS, called over loopback; inference is a servicer of the test."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes import processes
from loopback import Loopback

from content_service.clients.inference import InferenceJudge, InferenceWriter
from content_service.clients.live import BrokerAnnouncer, BrokerFollower
from content_service.clients.media import GatewayLinks, MediaStore
from content_service.clients.renderer import RendererProcess
from content_service.clients.workshop import WorkFolders
from content_service.handlers import VideoHandlers
from content_service.storage import PostgresReads, PostgresSearch, PostgresUnitOfWork
from content_service.use_cases.generation import Generation
from content_service.use_cases.managing import Management
from content_service.use_cases.searching import Searching
from content_service.use_cases.stages import Tools
from content_service.use_cases.videos import Videos
from littlemonster.common.v1.study_pb2 import DIFFICULTY_INTRO, SUBJECT_MATH
from littlemonster.content.v1.content_service_pb2 import VIDEO_STATUS_FAILED, VIDEO_STATUS_PUBLIC, GetVideoRequest
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub, add_VideoServiceServicer_to_server
from littlemonster.inference.v1 import inference_service_pb2 as inference
from littlemonster.inference.v1.inference_service_pb2_grpc import (
    GenerationServiceServicer,
    ModerationServiceServicer,
    add_GenerationServiceServicer_to_server,
    add_ModerationServiceServicer_to_server,
)
from littlemonster.inference.v1.script_pb2 import RecapScene, Scene, Script, ScriptProvenance, TitleScene
from local_mesh.readiness import Probe
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.errors import ServiceError
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker

SHORT_SCRIPT = Script(
    title="Adding up",
    subject=SUBJECT_MATH,
    difficulty=DIFFICULTY_INTRO,
    summary="How to add two numbers.",
    key_points=["Adding joins two amounts"],
    tags=["arithmetic"],
    scenes=[
        Scene(heading="Adding up", chapter="Start", title=TitleScene(subtitle="Two and two", say="Let us add.")),
        Scene(
            heading="Remember",
            chapter="Recap",
            recap=RecapScene(
                points=[
                    {"text": "Adding joins two amounts", "say": "Adding joins two amounts."},
                    {"text": "Order does not matter", "say": "The order does not matter."},
                ]
            ),
        ),
    ],
    provenance=ScriptProvenance(model="test", model_sha256="00", prompt_version="1", seed=1, facts=["add.1"]),
)


@dataclass
class Inference(GenerationServiceServicer, ModerationServiceServicer):
    """Answers as told and counts the scripts it wrote."""

    rejected: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    script: Script = field(default_factory=lambda: SHORT_SCRIPT)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Other names of topics, by the topic that is asked for."""
    failure: ServiceError | None = None
    asked: Counter[str] = field(default_factory=Counter)
    """How often each method was called."""
    problems: list[list[str]] = field(default_factory=list)
    """What the next checks find, one after the other; nothing when empty."""
    checked: list[int] = field(default_factory=list)
    """The seeds of the scripts that were checked."""
    written_for: list[str] = field(default_factory=list)
    """The accounts that scripts were asked for."""
    judged_for: list[str] = field(default_factory=list)
    """The accounts whose topics were judged."""
    in_batch: list[bool] = field(default_factory=list)
    """Of each script that was asked for, whether it may wait behind single ones."""

    async def Moderate(self, request: inference.ModerateRequest, context: Any) -> inference.ModerateResponse:
        self.asked["Moderate"] += 1
        self.judged_for.append(request.user_id)
        if request.content in self.rejected:
            return inference.ModerateResponse(approved=False, reasons=["It insults people."], categories=["harassment"])
        return inference.ModerateResponse(approved=True, confidence=1.0)

    async def ValidateTopic(
        self, request: inference.ValidateTopicRequest, context: Any
    ) -> inference.ValidateTopicResponse:
        self.asked["ValidateTopic"] += 1
        if request.topic in self.unknown:
            return inference.ValidateTopicResponse(supported=False, suggestions=["Fractions", "Percentages"])
        aliases = self.aliases.get(request.topic, ())
        return inference.ValidateTopicResponse(supported=True, title=request.topic, aliases=aliases)

    async def ValidateContent(
        self, request: inference.ValidateContentRequest, context: Any
    ) -> inference.ValidateContentResponse:
        self.asked["ValidateContent"] += 1
        self.checked.append(request.script.provenance.seed)
        problems = self.problems.pop(0) if self.problems else []
        return inference.ValidateContentResponse(valid=not problems, problems=problems, reading_grade=4.5, seconds=90)

    async def GenerateScript(self, request: inference.GenerateScriptRequest, context: Any) -> Script:
        self.asked["GenerateScript"] += 1
        self.written_for.append(request.user_id)
        self.in_batch.append(request.batch)
        if self.failure:
            raise self.failure
        script = Script.FromString(self.script.SerializeToString())
        script.provenance.seed = request.seed
        return script


@dataclass(frozen=True, slots=True)
class Content:
    """The running service; `api` is its host:port."""

    api: str
    videos: VideoServiceStub
    inference: Inference
    generation: Callable[[str], Generation]
    renderer: RendererProcess
    media: Path
    tools: Tools
    inference_channel: Any


@pytest.fixture
def urls(make_database: Callable[[str], Any]) -> Any:
    return make_database("content")


@pytest.fixture
async def database(urls: Any) -> AsyncIterator[Database]:
    database = Database(urls.app, name="content")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def broker(backing: Any) -> AsyncIterator[Broker]:
    broker = Broker(backing.nats_url, name="content")
    async with asyncio.timeout(60):
        await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
def reads(database: Database) -> PostgresReads:
    return PostgresReads(database)


@pytest.fixture
def serve_api(database: Database, broker: Broker, loopback: Loopback) -> Callable[..., Awaitable[str]]:
    """Serves the API over a channel to inference. Returns host:port."""

    async def serve(inference_channel: Any, links: Any = None) -> str:
        reads, unit_of_work = PostgresReads(database), PostgresUnitOfWork(database)
        judge, follower = InferenceJudge(inference_channel), BrokerFollower(broker)
        videos = Videos(reads, unit_of_work, judge, follower, utc_now, new_id)
        management = Management(reads, unit_of_work, utc_now)
        searching = Searching(PostgresSearch(database))
        handlers = VideoHandlers(videos, management, searching, links or GatewayLinks())
        return await loopback.serve([(add_VideoServiceServicer_to_server, handlers)])

    return serve


@pytest.fixture
async def content(
    database: Database, broker: Broker, loopback: Loopback, serve_api: Any, tmp_path: Path
) -> AsyncIterator[Content]:
    inference_ = Inference()
    address = await loopback.serve(
        [
            (add_GenerationServiceServicer_to_server, inference_),
            (add_ModerationServiceServicer_to_server, inference_),
        ]
    )
    channel = loopback.channel(address, as_service="content")
    renderer = RendererProcess()
    tools = Tools(
        PostgresUnitOfWork(database, Caller.service("content")),
        InferenceJudge(channel),
        InferenceWriter(channel),
        renderer,
        WorkFolders(tmp_path / "making"),
        MediaStore(tmp_path / "media", "", "").media,
        BrokerAnnouncer(broker),
        utc_now,
    )

    def generation(worker: str) -> Generation:
        return Generation(worker, tools)

    api = await serve_api(channel)
    videos, media = VideoServiceStub(loopback.channel(api)), tmp_path / "media"
    yield Content(api, videos, inference_, generation, renderer, media, tools, channel)
    renderer.stop()


@pytest.fixture
async def worker_environment(
    content: Any, loopback: Loopback, urls: Any, own_nats: str, tmp_path: Path
) -> Mapping[str, str]:
    """What a worker process is told."""
    services = [
        (add_GenerationServiceServicer_to_server, content.inference),
        (add_ModerationServiceServicer_to_server, content.inference),
    ]
    address = await loopback.serve(services, processes.verifier("content", loopback))

    return processes.environment(
        "content",
        loopback,
        tmp_path,
        LM_DATABASE_URL=urls.app,
        LM_NATS_URL=own_nats,
        LM_INFERENCE_ADDRESS=address,
        LM_MEDIA_DIR=str(tmp_path / "media"),
    )


@pytest.fixture
def public() -> Callable[[Any, str, Any], Probe]:
    """Makes a probe: whether the video is PUBLIC by now."""

    def made(content: Content, video_id: str, me: Any) -> Probe:
        async def probe() -> bool:
            video = await content.videos.GetVideo(GetVideoRequest(video_id=video_id), metadata=me)
            assert video.status != VIDEO_STATUS_FAILED, video.status_message
            return video.status == VIDEO_STATUS_PUBLIC

        return probe

    return made
