"""The inference process: curriculum, policy and registry from files, one supervised model, three gRPC services."""

from inference_service.curriculum.pack import load_curriculum
from inference_service.engine.supervised import SupervisedEngine
from inference_service.engine.worker import WorkerSpec
from inference_service.handlers import GenerationHandlers, ModelHandlers, ModerationHandlers
from inference_service.settings import Settings
from inference_service.storage import Registry, read_policy, read_registry
from inference_service.use_cases import Judging, Lessons, Models, Writing
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from littlemonster.inference.v1 import inference_service_pb2_grpc as grpc_pb
from servicekit.kit import Kit, run
from servicekit.personal_data.handlers import PersonalDataHandlers
from servicekit.server import Registration


def build_engine(settings: Settings, registry: Registry) -> SupervisedEngine:
    """The engine of the configured model. Raises ValueError when the registry does not have it."""
    card = registry.card(settings.model)
    spec = WorkerSpec(registry.path(card), card.sha256, settings.model_context, settings.model_threads)
    return SupervisedEngine(card, spec)


def registrations(registry: Registry, engine: SupervisedEngine) -> tuple[Registration, ...]:
    """Every service of this process over `engine`."""
    lessons, writing = Lessons(load_curriculum(), engine), Writing(engine)
    models = Models(registry.cards, registry.present(), engine)
    return (
        (grpc_pb.add_GenerationServiceServicer_to_server, GenerationHandlers(lessons, writing)),
        (grpc_pb.add_ModerationServiceServicer_to_server, ModerationHandlers(Judging(read_policy()))),
        (grpc_pb.add_ModelServiceServicer_to_server, ModelHandlers(models)),
        (add_PersonalDataServiceServicer_to_server, PersonalDataHandlers()),
    )


async def serve(kit: Kit[Settings]) -> None:
    """Serve until told to stop; the model's process lives and dies with this one."""
    registry = read_registry(kit.settings.model_registry)
    engine = build_engine(kit.settings, registry)
    kit.background(engine.supervise())
    kit.ready_while("model", engine.serving)
    await kit.serve(*registrations(registry, engine))


if __name__ == "__main__":
    run("inference", Settings, serve)
