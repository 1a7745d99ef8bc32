"""An account that leaves, on real PostgreSQL and NATS: what goes when, who has to answer, and what a race leaves."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from background import at_work
from conftest import Backing
from erasing import deliver
from integration.auth.conftest import Running, bearer
from integration.auth.test_row_level_security import visible
from personal_traces import rows_about, tables_about
from psycopg.conninfo import conninfo_to_dict

from auth_service.commands import erasure as command
from auth_service.consumers import receipts
from auth_service.domain.erasure import ErasureStatus
from auth_service.storage.erasures import StoredErasures
from auth_service.storage.unit_of_work import StoredWork, units_of_work
from auth_service.use_cases.erasure import Erasing, ErasureList
from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.auth.v1.auth_events_pb2 import UserDeleted, UserErased
from servicekit.errors import PermissionDenied, Unauthenticated
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer
from servicekit.messaging.relay import Relay

GRACE = timedelta(hours=24)
OTHERS = ("content", "community", "planner")


@dataclass(frozen=True)
class Leaving:
    """What the worker does, one step at a time."""

    erasing: Erasing
    consumer: Consumer
    broker: Broker

    async def answer(self, user_id: str, *services: str, times: int = 1) -> None:
        for service in services:
            receipt = UserErased(user_id=user_id, service=service, row_count=3)
            await deliver(self.broker, self.consumer, "user.erased", receipt, times)


@pytest.fixture
async def leaving(running: Running, backing: Backing) -> AsyncIterator[Leaving]:
    broker = Broker(backing.nats_url, name="auth")
    await broker.connect()
    erasing = Erasing(StoredErasures(running.database), units_of_work(running.database), running.clock, GRACE)
    async with at_work(Relay(broker, running.database).run()):
        yield Leaving(erasing, receipts(broker, running.database, StoredWork, running.clock), broker)
    await broker.close()


@pytest.fixture
def superuser(running: Running, backing: Backing) -> tuple[str, str]:
    return backing.postgres_url, str(conninfo_to_dict(running.urls.app)["dbname"])


async def _asked(running: Running, email: str | None = None) -> str:
    """Somebody who has signed in and asked to be erased; their id."""
    await running.verified(email)
    tokens = await running.log_in(email)
    await running.users.DeleteMe(pb.DeleteMeRequest(), metadata=bearer(tokens))
    with pytest.raises(Unauthenticated):
        await running.refresh(tokens.refresh_token)
    return tokens.user_id


async def test_an_account_goes_from_auth_the_mesh_is_told_and_all_that_stays_is_that_it_went(
    running: Running, leaving: Leaving, superuser: tuple[str, str]
) -> None:
    other = f"other-{running.email}"
    await running.verified(other)
    others_id = (await running.log_in(other)).user_id
    user_id = await _asked(running)
    others = rows_about(*superuser, others_id)
    assert await leaving.erasing.erase_due() == 0
    running.clock.advance(GRACE)
    async with asyncio.timeout(60), leaving.broker.subscribe("user.deleted") as told:
        assert await leaving.erasing.erase_due() == 1
        async for message in told:
            if UserDeleted.FromString(message.data).user_id == user_id:
                break
    await leaving.answer(user_id, "planner", times=2)
    await leaving.answer(others_id, *OTHERS)
    await leaving.answer(user_id, "content", "community")
    assert rows_about(*superuser, others_id) == others
    await running.delivery.deliver_due()
    assert running.mailer.taken[-1][1].subject == "ACCOUNT_ERASED"
    assert set(tables_about(*superuser, user_id)) == {"erasures", "erasure_receipts", "audit_events"}
    assert {table for table, row in rows_about(*superuser, running.email) if other not in row} == set()


async def test_signing_in_before_the_time_is_over_keeps_everything(running: Running, leaving: Leaving) -> None:
    user_id = await _asked(running)
    running.clock.advance(GRACE - timedelta(seconds=1))
    tokens = await running.log_in()
    running.clock.advance(GRACE)
    assert (tokens.erasure_cancelled, (await running.log_in()).erasure_cancelled) == (True, False)
    assert (await leaving.erasing.erase_due(), tokens.user_id) == (0, user_id)
    await running.delivery.deliver_due()
    assert [letter.subject for _, letter in running.mailer.taken][-2:] == ["ERASURE_SCHEDULED", "ERASURE_CANCELLED"]


async def test_an_old_session_has_to_prove_itself_again(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    running.clock.advance(timedelta(minutes=6))
    with pytest.raises(PermissionDenied) as refused:
        await running.users.DeleteMe(pb.DeleteMeRequest(), metadata=bearer(tokens))
    assert refused.value.reason == "FRESH_SIGN_IN_NEEDED"


async def test_the_address_of_an_erased_account_is_free_again(running: Running, leaving: Leaving) -> None:
    gone = await _asked(running)
    running.clock.advance(GRACE)
    await leaving.erasing.erase_due()
    await running.verified()
    assert (await running.log_in()).user_id != gone


async def test_of_a_sign_in_and_the_end_of_the_time_exactly_one_wins(running: Running, leaving: Leaving) -> None:
    emails = [f"{number}-{running.email}" for number in range(12)]
    ids = [await _asked(running, email) for email in emails]
    running.clock.advance(GRACE)
    signing_in = [running.log_in(email) for email in emails]
    workers = [leaving.erasing.erase_due() for _ in range(3)]
    outcomes = await asyncio.gather(*signing_in, *workers, return_exceptions=True)
    assert not [each for each in outcomes[len(emails) :] if isinstance(each, BaseException)]
    statuses = {status.erasure.user_id: status for status in await _listed(running)}
    for user_id, email, outcome in zip(ids, emails, outcomes, strict=False):
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, Unauthenticated)
            assert statuses[user_id].erasure.delete_time
        else:
            assert user_id not in statuses
            assert (await running.log_in(email)).user_id == user_id


async def test_an_operator_sees_who_has_not_answered(
    running: Running, leaving: Leaving, capsys: pytest.CaptureFixture[str]
) -> None:
    async def shown() -> str:
        assert await command.run(running.urls.app, Namespace()) == 0
        return capsys.readouterr().out

    assert await shown() == "Nobody is leaving.\n"
    user_id = await _asked(running)
    assert "can still be cancelled" in await shown()
    running.clock.advance(GRACE)
    await leaving.erasing.erase_due()
    await leaving.answer(user_id, "content")
    assert f"{user_id}  told 1 times since" in (output := await shown())
    assert "no answer from community, planner  (rows: auth " in output
    await leaving.answer(user_id, "community", "planner")
    assert "finished" in await shown()


async def test_people_see_their_own_erasure_alone(running: Running) -> None:
    user_id = await _asked(running)
    assert await visible(running, "erasures", user_id, "STUDENT") == 1
    for person, role in ((new_id(), "ADMIN"), ("", "STUDENT")):
        assert await visible(running, "erasures", person, role) == 0


async def _listed(running: Running) -> Sequence[ErasureStatus]:
    return await ErasureList(StoredErasures(running.database)).all()
