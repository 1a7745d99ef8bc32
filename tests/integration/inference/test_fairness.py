"""Texts that services send on behalf of accounts: the flood of one account does not delay another's, whoever brings it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.inference.engine import FakeEngine, FakeShelf
from integration.inference.conftest import StartEngine, running_pool

from community_service.clients import InferenceModerator
from content_service.clients.inference import InferenceJudge
from content_service.lesson.script import Subject
from inference_service.domain.generation import Claim, Priority
from inference_service.domain.models import Task
from inference_service.engine.pool import ModelPool
from inference_service.engine.supervised import Patience
from inference_service.main import registrations
from inference_service.storage import Registry, read_registry
from littlemonster.inference.v1.inference_service_pb2 import GenerateStreamRequest, ModerateRequest
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub, ModerationServiceStub
from local_mesh.readiness import wait_until
from servicekit.errors import ResourceExhausted
from servicekit.ids import new_id

TEXT = "your work looks as if a hamster had walked over it"
FLOOD = 5
PATIENT = timedelta(seconds=30)
Ask = Callable[[], Awaitable[Any]]


@pytest.fixture
async def pool() -> AsyncIterator[ModelPool]:
    """The shipped model, asked to judge: it answers what the schema allows, which is enough here."""
    shipped = read_registry()
    cards = tuple(replace(card, tasks=(*card.tasks, Task.MODERATION)) for card in shipped.cards)
    async with running_pool(Registry(cards, shipped.folder)) as pool:
        yield pool


async def _before(pool: ModelPool, flood: Ask, last: Ask) -> int:
    """How many of the flood are answered before the last to ask is, when all wait for the model at once."""
    engine = await pool.engine(Task.MODERATION)
    assert engine.process_id
    os.kill(engine.process_id, signal.SIGSTOP)
    answered: list[int] = []
    asked: list[asyncio.Task[None]] = []

    async def ask(number: int, call: Ask) -> None:
        await call()
        answered.append(number)

    for number, call in enumerate([flood] * FLOOD + [last]):
        asked.append(asyncio.create_task(ask(number, call)))

        async def waits(present: int = number + 1) -> bool:
            return engine.waiting == present

        assert await wait_until(waits, 60)
    os.kill(engine.process_id, signal.SIGCONT)
    await asyncio.gather(*asked)
    return answered.index(FLOOD)


async def test_comments_of_one_account_do_not_delay_the_topic_of_another(loopback, pool) -> None:
    channel = loopback.channel(await loopback.serve(registrations(pool)), as_service="content")
    moderator, judge = InferenceModerator(channel, PATIENT), InferenceJudge(channel)
    loud, quiet, video = new_id(), new_id(), new_id()
    before = await _before(
        pool, lambda: moderator.judge(TEXT, video, loud), lambda: judge.moderate(TEXT, Subject.MATH, quiet)
    )
    assert before == 1  # the one that was being worked on


async def test_who_is_no_service_cannot_let_others_pay(loopback, pool) -> None:
    stub = ModerationServiceStub(loopback.channel(await loopback.serve(registrations(pool))))
    loud, quiet = loopback.as_user(new_id()), loopback.as_user(new_id())

    async def judged(metadata: Any) -> None:
        await stub.Moderate(ModerateRequest(type="COMMENT", content=TEXT, user_id=new_id()), metadata=metadata)

    assert await _before(pool, lambda: judged(loud), lambda: judged(quiet)) == 1


async def test_what_may_wait_says_so_to_the_queue_and_on_whose_account_it_is(loopback) -> None:
    engine, me = FakeEngine(), new_id()
    channel = loopback.channel(await loopback.serve(registrations(FakeShelf(engine))))
    call, moderator = GenerationServiceStub(channel).GenerateStream, loopback.as_user(me, "MODERATOR")
    for batch in (True, False):
        request = GenerateStreamRequest(prompt="x", max_tokens=1, batch=batch)
        assert [piece async for piece in call(request, metadata=moderator)]
    assert engine.claims == [Claim(me, Priority.BATCH), Claim(me, Priority.INTERACTIVE)]


async def test_who_finds_the_queue_full_is_told_when_to_come_back(loopback, start_engine: StartEngine) -> None:
    engine = await start_engine(patience=Patience(waiting=0))
    channel = loopback.channel(await loopback.serve(registrations(FakeShelf(engine))))
    call, moderator = GenerationServiceStub(channel).GenerateStream, loopback.as_user(new_id(), "MODERATOR")
    with pytest.raises(ResourceExhausted) as busy:
        await anext(aiter(call(GenerateStreamRequest(prompt="x", max_tokens=1), metadata=moderator)))
    assert (busy.value.reason, busy.value.retry_after) == ("ENGINE_BUSY", timedelta(seconds=1))
