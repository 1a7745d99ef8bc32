"""Everything every service holds of a person in one ZIP, on real databases and over gRPC: whole, and for its owner alone."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from integration.auth.conftest import Running, bearer
from integration.auth.exporting import DAY, begun, downloaded, fetched, planned, seen
from integration.auth.test_races import count
from loopback import Loopback

from auth_service.storage.leftovers import StoredLeftovers
from auth_service.use_cases.exports import Exporting
from auth_service.use_cases.housekeeping import Housekeeping
from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.common.v1.personal_data_service_pb2 import ExportPersonalDataRequest
from littlemonster.common.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from servicekit.database import Database
from servicekit.errors import NotFound, PermissionDenied, Unauthenticated
from servicekit.ids import new_id


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
    assert await count(running, "export_pieces") == 0


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
