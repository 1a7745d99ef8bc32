"""Everything every service holds of a person in one ZIP, on real databases and over gRPC: whole, or not at all."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta

import pytest
from fakes.planner.made import NOON, a_plan, an_event
from integration.auth.conftest import Running, bearer
from loopback import Loopback
from psycopg import AsyncConnection

from auth_service.clients.archives import ZipArchives
from auth_service.clients.personal_data import GrpcPersonalData, OwnPersonalData
from auth_service.domain.exports import LEASE, MOST_ATTEMPTS, MOST_BYTES
from auth_service.ports import PersonalData
from auth_service.storage.exports import StoredExports
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.personal_data import EVERYTHING
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.exports import Exporting
from auth_service.use_cases.housekeeping import Housekeeping
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.common.v1.personal_data_service_pb2 import ExportPersonalDataRequest
from littlemonster.common.v1.personal_data_service_pb2_grpc import (
    PersonalDataServiceStub,
    add_PersonalDataServiceServicer_to_server,
)
from local_mesh.servers.databases import DatabaseUrls
from planner_service.domain.events import Happening
from planner_service.storage import PostgresStore
from planner_service.storage.personal_data import EVERYTHING as PLANNED
from servicekit.caller import Caller, acting_as
from servicekit.database import Database
from servicekit.errors import NotFound, PermissionDenied, Unauthenticated
from servicekit.ids import new_id
from servicekit.personal_data.handlers import PersonalDataHandlers

DAY = timedelta(days=1)
NOWHERE = "127.0.0.1:1"


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
            sources.append(GrpcPersonalData(name, loopback.channel(address, as_service=True)))
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


async def test_the_archive_holds_all_of_ones_own_and_nothing_of_others(
    running: Running, planner: Database, exporting: Callable[..., Exporting]
) -> None:
    other = f"other-{running.email}"
    await running.verified(other)
    others = await running.log_in(other)
    await running.verified()
    tokens = await running.log_in()
    titles = [f"Plan {number}" for number in range(250)]  # more than two pages
    await planned(planner, tokens.user_id, titles)
    await planned(planner, others.user_id, ["The other's secret"])
    export = await begun(running, tokens)
    assert await exporting().gather_next() == 1
    ready = await seen(running, tokens, export)
    assert ready.state == pb.Export.STATE_READY
    archive = await fetched(running, ready.url)
    assert archive.testzip() is None
    names = ["auth.json", "planner.json", "inference.json", "manifest.json", "README.txt"]
    assert archive.namelist() == [f"little-monster/{name}" for name in names]
    texts = {name: archive.read(f"little-monster/{name}").decode() for name in names}
    own = json.loads(texts["planner.json"])
    assert {event["title"] for event in own["events"]} == set(titles)
    account = json.loads(texts["auth.json"])
    assert [user["email"] for user in account["users"]] == [running.email]
    assert account["preferences"] == []
    assert json.loads(texts["inference.json"]) == {}
    manifest = json.loads(texts["manifest.json"])
    assert manifest["records"]["planner.json"] == {"events": 250, "tombstones": 0, "planners": 1, "feeds": 0}
    assert "planner.json" in texts["README.txt"]
    for text in texts.values():
        assert others.user_id not in text
        assert "The other's secret" not in text
        assert "argon2" not in text
    assert ready.size_bytes == len(await downloaded(running, ready.url))


async def test_a_service_that_is_down_is_asked_again_and_then_named(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    worker = exporting(planner=NOWHERE)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await worker.gather_next() == 1
        state = (await seen(running, tokens, export)).state
        assert state == (pb.Export.STATE_FAILED if attempt == MOST_ATTEMPTS else pb.Export.STATE_GATHERING)
        assert await worker.gather_next() == 0
        running.clock.advance(timedelta(seconds=30))
    failed = await seen(running, tokens, export)
    assert failed.failure_reason.startswith("The planner service did not answer in time.")
    assert failed.url == ""


async def test_a_service_that_comes_back_is_no_failure(running: Running, exporting: Callable[..., Exporting]) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await exporting(planner=NOWHERE).gather_next()
    running.clock.advance(timedelta(seconds=30))
    await exporting().gather_next()
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_archive_that_grows_too_large_is_given_up_at_once(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await exporting(most_bytes=100).gather_next()
    failed = await seen(running, tokens, export)
    assert (failed.state, failed.failure_reason.startswith("There is more data")) == (pb.Export.STATE_FAILED, True)


async def test_a_worker_that_dies_leaves_nothing_and_another_begins_anew(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            assert await work.exports.claim(running.clock(), running.clock() + LEASE)  # and is never heard of again
    assert await exporting().gather_next() == 0
    running.clock.advance(LEASE)
    assert await exporting().gather_next() == 1
    running.clock.advance(-LEASE)
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_export_that_kills_every_worker_is_given_up(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    with acting_as(AUTH):
        for _ in range(MOST_ATTEMPTS):
            async with units_of_work(running.database)() as work:
                assert await work.exports.claim(running.clock(), running.clock())
    assert await exporting().gather_next() == 1
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_FAILED


async def test_what_nobody_foresaw_ends_the_try_and_not_the_worker(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    async with await AsyncConnection.connect(running.urls.owner, autocommit=True) as owner:
        await owner.execute("ALTER TABLE preferences RENAME COLUMN language TO tongue")
        assert await exporting().gather_next() == 1
        assert (await seen(running, tokens, export)).state == pb.Export.STATE_GATHERING
        await owner.execute("ALTER TABLE preferences RENAME COLUMN tongue TO language")
    running.clock.advance(timedelta(seconds=30))
    assert await exporting().gather_next() == 1
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_account_erased_meanwhile_gets_no_archive(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    worker = exporting()
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            claimed = await work.exports.claim(running.clock(), running.clock() + LEASE)
            assert claimed
            await work.erasures.erase_account(tokens.user_id)
        await worker._gather(claimed)
        assert await StoredExports(running.database).get(export.id) is None
        assert await StoredExports(running.database).piece(export.id, 0) is None


async def test_twenty_requests_at_once_begin_one_export(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    requests = [pb.ExportMeRequest(request_id=new_id()) for _ in range(20)]
    found = await asyncio.gather(*(running.users.ExportMe(each, metadata=bearer(tokens)) for each in requests))
    assert len({export.id for export in found}) == 1


async def test_links_expire_and_housekeeping_removes_what_they_led_to(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await exporting().gather_next()
    url = (await seen(running, tokens, export)).url
    running.clock.advance(DAY)
    for attempt in (fetched(running, url), seen(running, tokens, export)):
        with pytest.raises(NotFound):
            await attempt
    await Housekeeping(StoredLeftovers(running.database), running.clock, timedelta(days=7)).sweep()
    with acting_as(AUTH):
        assert await StoredExports(running.database).piece(export.id, 0) is None


async def test_an_export_is_for_its_owner_and_a_fresh_session(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    other = f"other-{running.email}"
    await running.verified(other)
    with pytest.raises(NotFound) as missing:
        await seen(running, await running.log_in(other), export)
    assert missing.value.reason == "EXPORT_NOT_FOUND"
    running.clock.advance(timedelta(minutes=6))
    with pytest.raises(PermissionDenied) as stale:
        await running.users.ExportMe(pb.ExportMeRequest(), metadata=bearer(tokens))
    assert stale.value.reason == "FRESH_SIGN_IN_NEEDED"


async def test_only_services_are_told_what_is_held_of_a_person(
    running: Running, loopback: Loopback, peers: dict[str, str]
) -> None:
    stub = PersonalDataServiceStub(loopback.channel(peers["planner"]))
    request = ExportPersonalDataRequest(user_id=new_id())
    for metadata, refusal in ((loopback.as_user(new_id(), "ADMIN"), PermissionDenied), ((), Unauthenticated)):
        with pytest.raises(refusal):
            [response async for response in stub.ExportPersonalData(request, metadata=metadata)]
