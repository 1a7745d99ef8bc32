"""The inference process: curriculum, policy and registry from files, models in processes of their own, three gRPC services."""

from dataclasses import replace
from pathlib import Path

from inference_service.clients.language import BundledLanguages
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.embedding import Embedder
from inference_service.domain.models import MEBIBYTE, EngineName, ModelCard
from inference_service.engine.answers import objection
from inference_service.engine.machine import this_machine
from inference_service.engine.pool import Limits, ModelPool
from inference_service.engine.spec import WorkerSpec
from inference_service.engine.supervised import Patience, SupervisedEngine
from inference_service.handlers import GenerationHandlers, ModelHandlers, ModerationHandlers
from inference_service.ports import ModelShelf
from inference_service.settings import Settings
from inference_service.storage import Registry, read_policy, read_registry, read_subject_model, read_tone_model
from inference_service.use_cases import Classifying, Judging, Known, Lessons, Texts, Writing
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from littlemonster.inference.v1 import inference_service_pb2_grpc as grpc_pb
from servicekit.kit import Kit, run
from servicekit.personal_data.handlers import PersonalDataHandlers
from servicekit.server import Registration

INTERPRETER_BYTES = 512 * MEBIBYTE
"""What Python and the engine's libraries take in a model's process, and room for what its need was estimated too low."""


def build_pool(settings: Settings, registry: Registry) -> ModelPool:
    """The models, with the configured one pinned. Raises ValueError when the registry does not have it."""

    verified: dict[tuple[Path, str], str] = {}

    def start(card: ModelCard) -> SupervisedEngine:
        card = registry.described(card)
        spec = WorkerSpec(
            registry.path(card),
            card.sha256,
            settings.model_context,
            settings.model_threads,
            card.engine or settings.engine,
            settings.model_places,
            settings.model_gpu_layers,
            memory_bytes=memory,
        )
        return SupervisedEngine(card, spec, Patience(waiting=settings.queue_length), verified)

    places = settings.model_places if settings.engine is EngineName.XLLAMACPP else 1
    machine = this_machine(settings.models_memory_mib, settings.model_context, places)
    # The driver of a graphics processor counts its own address space as memory that is taken.
    memory = 0 if settings.model_gpu_layers else machine.memory_bytes + INTERPRETER_BYTES
    limits = Limits(machine, settings.models_loaded, settings.model_keep_alive_seconds)
    return ModelPool(registry, registry.card(settings.model), start, limits)


def registrations(models: ModelShelf, help_resources: str = "") -> tuple[Registration, ...]:
    """Every service of this process over `models`. `help_resources` take the place of the policy's."""
    curriculum, writing = load_curriculum(), Writing(models, objection)
    texts = Texts(models, writing, Embedder(curriculum))
    subjects = read_subject_model()
    policy = read_policy()
    policy = replace(policy, resources=help_resources or policy.resources)
    judging = Judging(policy, Known(subjects, read_tone_model()), models, writing)
    judgements = ModerationHandlers(judging, Classifying(subjects, BundledLanguages()))
    return (
        (
            grpc_pb.add_GenerationServiceServicer_to_server,
            GenerationHandlers(Lessons(curriculum, models, subjects), writing, texts),
        ),
        (grpc_pb.add_ModerationServiceServicer_to_server, judgements),
        (grpc_pb.add_ModelServiceServicer_to_server, ModelHandlers(models)),
        (add_PersonalDataServiceServicer_to_server, PersonalDataHandlers()),
    )


async def serve(kit: Kit[Settings]) -> None:
    """Serve until told to stop; the models' processes live and die with this one."""
    pool = build_pool(kit.settings, read_registry(kit.settings.model_registry, kit.settings.models_dir))
    kit.background(pool.run())
    kit.ready_while("model", pool.serving)
    await kit.serve(*registrations(pool, kit.settings.help_resources))


if __name__ == "__main__":
    run("inference", Settings, serve)
