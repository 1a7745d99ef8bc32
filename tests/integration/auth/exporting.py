"""Exports on real databases: where the services that hold something of a person answer, and how an archive is fetched."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest
from fakes.planner.made import NOON, a_plan, an_event
from integration.auth.running import Running, bearer
from loopback import Loopback

from auth_service.clients.archives import ZipArchives
from auth_service.clients.personal_data import GrpcPersonalData, OwnPersonalData
from auth_service.domain.exports import MOST_BYTES
from auth_service.ports import PersonalData
from auth_service.storage.personal_data import EVERYTHING
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.exports import Exporting
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from local_mesh.servers.databases import DatabaseUrls
from planner_service.domain.events import Happening
from planner_service.storage import PostgresStore
from planner_service.storage.personal_data import EVERYTHING as PLANNED
from servicekit.caller import Caller, acting_as
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.personal_data.handlers import PersonalDataHandlers

DAY = timedelta(days=1)


@pytest.fixture
async def planner(make_database: Callable[[str], DatabaseUrls]) -> AsyncIterator[Database]:
    database = Database(make_database("planner").app, name="planner")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def peers(loopback: Loopback, planner: Database) -> dict[str, str]:
    """Where the planner, with real rows, and inference, which holds nothing, answer."""
    served = {"planner": PersonalDataHandlers(planner, PLANNED), "inference": PersonalDataHandlers()}
    return {
        name: await loopback.serve([(add_PersonalDataServiceServicer_to_server, handlers)])
        for name, handlers in served.items()
    }


@pytest.fixture
def exporting(running: Running, loopback: Loopback, peers: dict[str, str]) -> Callable[..., Exporting]:
    """The worker, with services at other addresses where a test says so."""

    def make(most_bytes: int = MOST_BYTES, **elsewhere: str) -> Exporting:
        sources: list[PersonalData] = [OwnPersonalData(running.database, EVERYTHING)]
        for name, address in (peers | elsewhere).items():
            sources.append(GrpcPersonalData(name, loopback.channel(address, as_service="auth")))
        work = units_of_work(running.database)
        return Exporting(work, sources, ZipArchives(most_bytes), running.clock, DAY)

    return make


async def planned(planner: Database, user_id: str, titles: Sequence[str]) -> None:
    with acting_as(Caller.service("planner")):
        async with PostgresStore(planner).begin() as work:
            for title in titles:
                event = an_event(a_plan(title=title), user_id=user_id, complete_time=NOON)
                await work.events.add(event)
                await work.changed(Happening.CREATED, event)


async def begun(running: Running, tokens: auth_pb2.Tokens) -> pb.Export:
    request = pb.ExportMeRequest(request_id=new_id())
    export = await running.users.ExportMe(request, metadata=bearer(tokens))
    assert (export.state, export.url) == (pb.Export.STATE_GATHERING, "")
    return export


async def seen(running: Running, tokens: auth_pb2.Tokens, export: pb.Export) -> pb.Export:
    return await running.users.GetExport(pb.GetExportRequest(export_id=export.id), metadata=bearer(tokens))


def presented(url: str) -> pb.DownloadExportRequest:
    path, _, query = url.partition("?")
    parts = dict(part.split("=") for part in query.split("&"))
    return pb.DownloadExportRequest(
        export_id=path.split("/")[3], expires=int(parts["expires"]), signature=parts["signature"]
    )


async def fetched(running: Running, url: str) -> zipfile.ZipFile:
    """Without any token."""
    return zipfile.ZipFile(io.BytesIO(await downloaded(running, url)))


async def downloaded(running: Running, url: str) -> bytes:
    return b"".join([part.data async for part in running.users.DownloadExport(presented(url))])
