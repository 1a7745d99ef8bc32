"""A model's process that dies or hangs takes one request with it, and is brought back."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from inference_service.domain.generation import Claim, Piece, Priority, Sampling
from inference_service.domain.models import MEBIBYTE, EngineName
from inference_service.engine import supervised
from inference_service.engine.frames import Cancel, Frame, Generate, Loaded, Written
from inference_service.engine.metrics import GenerationMetrics
from inference_service.engine.process import MOST_LIKELY_VICTIM
from inference_service.engine.spec import WorkerSpec, fingerprint
from inference_service.engine.supervised import Patience, SupervisedEngine
from inference_service.engine.worker import Worker
from inference_service.errors import EngineBusy, EngineCrashed, EngineTimeout
from inference_service.storage import Registry

StartEngine = Callable[..., Awaitable[SupervisedEngine]]
PROMPT = "topic: the Black Death\nkind: hook\npicture: an empty market square\nsay:"
LONG = Sampling(max_tokens=400, temperature=2.0, seed=1)


async def _write(engine: SupervisedEngine, sampling: Sampling) -> list[Piece]:
    async with aclosing(engine.generate(PROMPT, sampling)) as pieces:
        return [piece async for piece in pieces]


def _signal(engine: SupervisedEngine, number: signal.Signals) -> None:
    assert engine.process_id
    os.kill(engine.process_id, number)


async def test_the_shipped_model_writes_a_sensible_line_the_same_in_every_process(start_engine: StartEngine) -> None:
    sampling = Sampling(48, 0.7, seed=3, stop="\n")
    lines = {"".join(p.text for p in await _write(await start_engine(), sampling)) for _ in range(2)}
    assert len(lines) == 1
    assert lines.pop().endswith((".", "?", "!"))


async def _stopped_at_work(engine: SupervisedEngine) -> asyncio.Task[list[Piece]]:
    """A request that surely reached the model's process, and surely is unfinished, for the process was stopped before."""
    await _write(engine, Sampling(1))
    _signal(engine, signal.SIGSTOP)
    task = asyncio.create_task(_write(engine, Sampling(8)))
    while not engine.waiting:
        await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("library", EngineName)
async def test_a_killed_process_fails_its_request_and_the_next_one_succeeds(
    start_engine: StartEngine, library: EngineName
) -> None:
    engine = await start_engine(library=library)
    task, first = await _stopped_at_work(engine), engine.process_id
    _signal(engine, signal.SIGKILL)
    with pytest.raises(EngineCrashed, match=r"signal 9.*send the request again"):
        await task
    assert await engine.serving()
    assert (await _write(engine, Sampling(8)))[-1].finish
    assert engine.process_id != first


async def test_those_who_waited_for_a_killed_process_are_served_by_the_next(start_engine: StartEngine) -> None:
    engine = await start_engine()
    task = await _stopped_at_work(engine)
    waiting = [asyncio.create_task(_write(engine, Sampling(8, seed=seed))) for seed in range(3)]
    _signal(engine, signal.SIGKILL)
    with pytest.raises(EngineCrashed):
        await task
    assert all(answer[-1].finish for answer in await asyncio.gather(*waiting))


@pytest.mark.parametrize("library", EngineName)
async def test_a_process_that_hangs_is_ended_and_replaced(start_engine: StartEngine, library: EngineName) -> None:
    engine = await start_engine(patience=Patience(stall=3.0), library=library)
    task, first = await _stopped_at_work(engine), engine.process_id
    with pytest.raises(EngineTimeout, match="for 3 seconds and is being restarted"):
        await task
    assert (await _write(engine, Sampling(8)))[-1].finish
    assert engine.process_id != first


async def test_more_requests_than_may_wait_are_turned_away(start_engine: StartEngine) -> None:
    engine = await start_engine(patience=Patience(waiting=1))
    tasks = [await _stopped_at_work(engine), asyncio.create_task(_write(engine, Sampling(8)))]
    while engine.waiting < 2:
        await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match=r"1 requests are already waiting.*Try again in a few seconds") as busy:
        await _write(engine, Sampling(8))
    assert busy.value.retry_after
    _signal(engine, signal.SIGCONT)
    assert [answer[-1].finish is not None for answer in await asyncio.gather(*tasks)] == [True, True]


async def test_whoever_waits_is_told_the_position_until_it_is_their_turn(start_engine: StartEngine) -> None:
    engine = await start_engine()
    first = await _stopped_at_work(engine)
    waiting = [asyncio.create_task(_write(engine, Sampling(2))) for _ in range(2)]
    while engine.waiting < 3:
        await asyncio.sleep(0)
    _signal(engine, signal.SIGCONT)
    await first
    positions = [[p.queue_position for p in answer if p.queue_position] for answer in await asyncio.gather(*waiting)]
    assert positions == [[1], [2, 1]]


async def test_a_request_that_goes_first_takes_the_place_of_one_that_can_wait(start_engine: StartEngine) -> None:
    engine = await start_engine(patience=Patience(waiting=1))
    first = await _stopped_at_work(engine)
    patient = asyncio.create_task(_claimed(engine, Claim("a", Priority.BATCH)))
    while engine.waiting < 2:
        await asyncio.sleep(0)
    urgent = asyncio.create_task(_claimed(engine, Claim("b", Priority.MODERATION)))
    with pytest.raises(EngineBusy):
        await patient
    _signal(engine, signal.SIGCONT)
    assert (await first)[-1].finish
    assert (await urgent)[-1].finish


async def _claimed(engine: SupervisedEngine, claim: Claim) -> list[Piece]:
    async with aclosing(engine.generate(PROMPT, Sampling(2), claim)) as pieces:
        return [piece async for piece in pieces]


async def test_a_request_whose_caller_left_does_not_hold_up_the_next(start_engine: StartEngine) -> None:
    engine = await start_engine()
    task = await _stopped_at_work(engine)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    _signal(engine, signal.SIGCONT)
    assert (await _write(engine, Sampling(8)))[-1].finish


@pytest.mark.parametrize("library", EngineName)
async def test_the_process_stops_writing_for_a_caller_that_left(
    start_engine: StartEngine, monkeypatch: pytest.MonkeyPatch, library: EngineName
) -> None:
    heard: list[str] = []
    deliver = SupervisedEngine._deliver

    def overhear(engine: SupervisedEngine, frame: Written) -> None:
        heard.append(frame.finish)
        deliver(engine, frame)

    monkeypatch.setattr(SupervisedEngine, "_deliver", overhear)
    engine = await start_engine(library=library)
    await _write(engine, Sampling(1))
    _signal(engine, signal.SIGSTOP)
    task = asyncio.create_task(_write(engine, LONG))
    while not engine._answers:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    _signal(engine, signal.SIGCONT)
    await _write(engine, Sampling(1))
    while sum(map(bool, heard)) < 3:
        await asyncio.sleep(0.01)
    assert sorted(filter(None, heard)) == ["cancelled", "length", "length"]


async def test_operators_see_every_figure_of_a_request_and_of_the_load(
    start_engine: StartEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider(metric_readers=[reader]).get_meter("test")
    monkeypatch.setattr(supervised, "GenerationMetrics", partial(GenerationMetrics, meter=meter))
    engine = await start_engine()
    last = (await _write(engine, Sampling(8)))[-1]
    data = reader.get_metrics_data()
    assert data
    points = {m.name: list(m.data.data_points) for m in data.resource_metrics[0].scope_metrics[0].metrics}
    assert set(points) == {
        "gen_ai.server.request.duration",
        "gen_ai.server.time_to_first_token",
        "gen_ai.server.time_per_output_token",
        "gen_ai.client.token.usage",
        "inference.queue.duration",
        "inference.model.load.duration",
    }
    assert [point.sum for point in points["gen_ai.client.token.usage"]] == [last.prompt_tokens, last.tokens]
    assert "error.type" not in points["gen_ai.server.request.duration"][0].attributes


async def test_a_cancelled_request_is_not_worked_on(registry: Registry) -> None:
    card = registry.card("little-monster-nano")
    worker = await Worker.start(WorkerSpec(registry.path(card), card.sha256, card.context_length, threads=1))
    frames = worker.frames()
    assert await anext(frames) == Loaded(card.context_length, verified=fingerprint(registry.path(card)))
    os.kill(worker.pid, signal.SIGSTOP)
    for frame in (Generate(1, PROMPT, Sampling(64)), Generate(2, PROMPT, LONG), Cancel(2)):
        worker.send(frame)
    os.kill(worker.pid, signal.SIGCONT)
    answers = [frame async for frame in _until_finished(frames, 2)]
    assert await worker.end() == "signal 9"
    (answer,) = [frame for frame in answers if frame.request == 2]
    assert (answer.text, answer.tokens, answer.finish) == ("", 0, "cancelled")


async def _until_finished(frames: AsyncIterator[Frame], request: int) -> AsyncIterator[Written]:
    async for frame in frames:
        assert isinstance(frame, Written)
        yield frame
        if frame.request == request and frame.finish:
            return


async def test_the_process_gets_no_secret_of_the_service(
    start_engine: StartEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_DATABASE_URL", "postgresql://role:a-secret@db/x")
    engine = await start_engine()
    await _write(engine, Sampling(1))
    assert b"a-secret" not in await asyncio.to_thread(Path(f"/proc/{engine.process_id}/environ").read_bytes)


def _left_open() -> tuple[int, frozenset[str]]:
    """How many files this process has open, and the processes below it, zombies included."""
    children = (task.joinpath("children").read_text().split() for task in Path("/proc/self/task").iterdir())
    return len(list(Path("/proc/self/fd").iterdir())), frozenset(itertools.chain.from_iterable(children))


async def test_a_model_that_dies_again_and_again_leaves_nothing_behind(start_engine: StartEngine) -> None:
    engine = await start_engine(patience=Patience(first_delay=0, longest_delay=0))
    await _write(engine, Sampling(1))
    files, processes = _left_open()
    others = processes - {str(engine.process_id)}
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGKILL, signal.SIGSEGV):
        task = await _stopped_at_work(engine)
        for sent in (number, signal.SIGCONT):
            _signal(engine, sent)
        with pytest.raises(EngineCrashed, match=f"signal {number}"):
            await task
        assert (await _write(engine, Sampling(1)))[-1].finish
    left, processes = _left_open()
    assert left <= files  # what tests before this one left may be closed meanwhile
    assert processes == others | {str(engine.process_id)}


async def test_a_model_that_needs_more_memory_than_it_may_have_is_refused_with_the_setting(
    start_engine: StartEngine,
) -> None:
    engine = await start_engine(memory_bytes=40 * MEBIBYTE)
    assert "more than the 40 MiB that LM_MODELS_MEMORY_MIB leaves it" in await engine.settle(60)
    assert not await engine.serving()


async def test_when_memory_runs_out_the_model_goes_before_the_service(start_engine: StartEngine) -> None:
    engine = await start_engine()
    await _write(engine, Sampling(1))
    victims = [await asyncio.to_thread(Path(f"/proc/{p}/oom_score_adj").read_text) for p in (engine.process_id, "self")]
    assert int(victims[0]) == MOST_LIKELY_VICTIM > int(victims[1])


async def test_the_process_ends_with_its_supervisor(start_engine: StartEngine) -> None:
    engine = await start_engine()
    supervision = next(task for task in asyncio.all_tasks() if "supervise" in repr(task.get_coro()))
    await _write(engine, Sampling(1))
    process_id = engine.process_id
    supervision.cancel()
    await asyncio.gather(supervision, return_exceptions=True)
    assert process_id
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_each_failure_in_a_row_is_followed_by_a_longer_pause_up_to_the_longest(
    start_engine: StartEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await start_engine(path=tmp_path / "none.gguf", patience=Patience(first_delay=0.001, longest_delay=0.003))
    pauses: list[float] = []
    while len(pauses) < 3:
        await asyncio.sleep(0.01)
        pauses = [record.__dict__["again_in"] for record in caplog.records if record.message == "model stopped"]
    assert pauses[:3] == [0.001, 0.002, 0.003]
