"""The service as it is deployed: two processes told everything by their environment."""

from pathlib import Path

from fakes import processes
from fakes.processes import AuthKeys, running
from google.protobuf.timestamp_pb2 import Timestamp
from loopback import Loopback

from littlemonster.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_events_pb2 import PlannerEventChanged
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker


async def test_an_event_made_in_one_process_is_told_by_the_other(
    loopback: Loopback, own_nats: str, database_url: str, tmp_path: Path
) -> None:
    keys = [(add_AuthServiceServicer_to_server, AuthKeys(loopback))]
    auth = await loopback.serve(keys, processes.verifier("planner", loopback))
    urls = {"LM_DATABASE_URL": database_url, "LM_NATS_URL": own_nats, "LM_AUTH_ADDRESS": auth}
    environment = processes.environment("planner", loopback, tmp_path, **urls)
    broker = Broker(own_nats, name="test")
    await broker.connect()
    async with (
        broker.subscribe("planner.event_changed") as told,
        running("planner_service.main", environment, loopback) as api,
        running("planner_service.worker", environment, loopback),
    ):
        request = pb.CreateEventRequest(title="Review fractions", start_time=Timestamp(seconds=2_000_000_000))
        planner = PlannerServiceStub(loopback.channel(api))
        made = await planner.CreateEvent(request, metadata=loopback.as_user(new_id()))
        async for message in told:
            event = PlannerEventChanged.FromString(message.data).change.event
            if event.id == made.id:
                break
    await broker.close()
    assert event == made
