"""A module started by the fork server is a process like any other: own environment, log, group, exit code and end."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from local_mesh.environment import child_environment
from local_mesh.errors import StartFailed
from local_mesh.forking import Forking
from local_mesh.process import Process, is_alive
from local_mesh.readiness import wait_until
from local_mesh.supervisor import Patience, State, Supervisor

# `timeit` and `http.server` stand in for services: modules that any Python can run as `python -m`.
_SAYS = ("-n", "1", "-r", "1", "-s")


def module(forking, name, *arguments, **options):
    options = {"environment": child_environment(), "depends_on": frozenset({Forking.NAME})} | options
    return Process(name, (sys.executable, "-m", *arguments), starter=forking.start, **options)


def says(forking, name, code, **options):
    return module(forking, name, "timeit", *_SAYS, code, one_shot=True, **options)


@pytest.fixture
async def supervise(tmp_path):
    supervisors = []

    async def supervise(*make):
        forking = Forking()
        processes = [forking.process(), *(one(forking) for one in make)]
        patience = Patience(start=60, stop=3, first_pause=0.05, longest_pause=0.2)
        supervisors.append(Supervisor(processes, tmp_path / "logs", patience=patience))
        await supervisors[-1].start()
        return supervisors[-1]

    yield supervise
    for supervisor in supervisors:
        await supervisor.stop()


def waits(name):
    return lambda forking: module(forking, name, "timeit", "-s", "import time", "time.sleep(600)")


async def test_it_gets_its_own_environment_and_log(supervise, tmp_path, monkeypatch):
    monkeypatch.setenv("LM_NOT_FOR_CHILDREN", "secret")
    code = "import os; print(sorted(name for name in os.environ if name.startswith('LM_')), os.environ['LM_TOLD'])"
    await supervise(lambda forking: says(forking, "talker", code, environment=child_environment(LM_TOLD="this")))
    assert (tmp_path / "logs" / "talker.log").read_text().startswith("['LM_TOLD'] this\n")


async def test_its_failure_reaches_the_supervisor_with_its_last_words(supervise):
    with pytest.raises(StartFailed, match=r"failing did not start: it ended with code 1 .*no such thing"):
        await supervise(lambda forking: says(forking, "failing", "raise ValueError('no such thing')"))


async def test_it_leads_a_process_group_of_its_own_under_its_own_name(supervise):
    supervisor = await supervise(waits("planner-worker"))
    pid = supervisor.watched["planner-worker"].pid
    assert os.getpgid(pid) == pid

    async def named():
        return psutil.Process(pid).name() == "planner-worker"

    assert await wait_until(named, 60)


async def test_it_is_started_again_when_it_dies(supervise):
    supervisor = await supervise(waits("worker"))
    watched = supervisor.watched["worker"]
    first = watched.pid
    os.kill(first, signal.SIGKILL)

    async def replaced():
        return watched.state is State.READY and watched.pid not in (None, first)

    assert await wait_until(replaced, 60)


async def test_all_come_back_when_the_fork_server_dies(supervise):
    supervisor = await supervise(waits("one"), waits("two"))
    names = ("one", "two", Forking.NAME)
    before = {name: supervisor.watched[name].pid for name in names}
    os.kill(before[Forking.NAME], signal.SIGKILL)

    async def replaced():
        now = {name: supervisor.watched[name] for name in names}
        return all(now[name].state is State.READY and now[name].pid not in (None, before[name]) for name in names)

    assert await wait_until(replaced, 60)
    assert not any(is_alive(pid) for pid in before.values())


async def test_stopping_ends_it_and_the_fork_server(supervise):
    supervisor = await supervise(waits("worker"))
    pids = [watched.pid for watched in supervisor.watched.values()]
    await supervisor.stop()
    assert not any(is_alive(pid) for pid in pids)


async def test_the_fork_server_has_one_thread_only_when_it_forks(supervise):
    supervisor = await supervise()
    assert psutil.Process(supervisor.watched[Forking.NAME].pid).num_threads() == 1


async def test_killing_the_supervisor_ends_the_whole_family(tmp_path):
    code = f"""
import asyncio, sys
from pathlib import Path
from local_mesh.errors import StartFailed
from local_mesh.forking import Forking
from local_mesh.process import Process
from local_mesh.supervisor import Supervisor

async def main():
    forking = Forking()
    command = (sys.executable, "-m", "timeit", "-s", "import time", "time.sleep(600)")
    sleeper = Process("sleeper", command, depends_on=frozenset({{"forkserver"}}), starter=forking.start)
    supervisor = Supervisor([forking.process(), sleeper], Path({str(tmp_path)!r}))
    await supervisor.start()
    print(*(watched.pid for watched in supervisor.watched.values()), flush=True)
    await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    pids = [int(pid) for pid in (await supervisor.stdout.readline()).split()]
    assert len(pids) == 2
    supervisor.kill()
    await supervisor.wait()

    async def all_gone():
        return not any(is_alive(pid) for pid in pids)

    assert await wait_until(all_gone, 60)
