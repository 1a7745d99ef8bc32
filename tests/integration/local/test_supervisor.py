"""The supervisor restarts what dies, gives up on what cannot start, and leaves nothing behind."""

import asyncio
import errno
import os
import signal
import sys

import pytest

from local_mesh.errors import StartFailed
from local_mesh.ports import free_ports
from local_mesh.process import Process, is_alive
from local_mesh.readiness import tcp, wait_until
from local_mesh.supervisor import Patience, State, Supervisor

_LISTENER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _LISTENER
_QUICK = Patience(start=60, stop=1, first_pause=0.01, longest_pause=0.1)


def python(name, code, *arguments, **options):
    command = (sys.executable, "-c", code, *map(str, arguments))
    return Process(name=name, command=command, environment=dict(os.environ), **options)


def listener(name, code=_LISTENER, **options):
    port = free_ports(1)[0]
    return python(name, code, port, ready=tcp("127.0.0.1", port), **options)


@pytest.fixture
def changes():
    return []


@pytest.fixture
async def supervise(tmp_path, changes):
    supervisors = []

    def supervise(*processes, patience=_QUICK):
        def remember(watched):
            changes.append((watched.process.name, watched.state))

        supervisors.append(Supervisor(processes, tmp_path / "logs", patience=patience, on_change=remember))
        return supervisors[-1]

    yield supervise
    for supervisor in supervisors:
        await supervisor.stop()


async def test_a_process_starts_only_when_what_it_needs_is_ready(supervise, changes):
    first = listener("first")
    await supervise(listener("second", depends_on=frozenset({"first"})), first).start()
    assert changes.index(("first", State.READY)) < changes.index(("second", State.STARTING))


async def test_a_one_shot_is_done_before_what_waits_for_it_starts(supervise, changes):
    once = python("once", "", one_shot=True)
    await supervise(listener("after", depends_on=frozenset({"once"})), once).start()
    assert changes.index(("once", State.DONE)) < changes.index(("after", State.STARTING))


async def test_a_process_that_dies_is_started_again(supervise):
    supervisor = supervise(listener("server"))
    await supervisor.start()
    watched = supervisor.watched["server"]
    first = watched.pid
    os.kill(first, signal.SIGKILL)

    async def replaced():
        return watched.state is State.READY and watched.pid not in (None, first)

    assert await wait_until(replaced, 60)
    assert watched.restarts == 1


async def test_a_restart_that_cannot_be_prepared_is_tried_again(supervise):
    full_disk = []

    async def prepare():
        if full_disk:
            raise full_disk.pop()

    supervisor = supervise(listener("server", prepare=prepare))
    await supervisor.start()
    watched = supervisor.watched["server"]
    first = watched.pid
    full_disk.append(OSError(errno.ENOSPC, "No space left on device"))
    os.kill(first, signal.SIGKILL)

    async def replaced():
        return watched.state is State.READY and watched.pid not in (None, first)

    assert await wait_until(replaced, 60)
    assert not full_disk


async def test_a_process_that_cannot_start_is_named_with_its_last_words(supervise):
    never_ready = tcp("127.0.0.1", free_ports(1)[0])
    broken = python("broken", "raise SystemExit('the licence is missing')", ready=never_ready)
    with pytest.raises(StartFailed, match=r"broken did not start.*the licence is missing.*broken\.log"):
        await supervise(broken).start()


async def test_a_process_that_never_gets_ready_is_named(supervise):
    silent = python("silent", "import time; time.sleep(600)", ready=tcp("127.0.0.1", free_ports(1)[0]))
    with pytest.raises(StartFailed, match="silent did not start: it was not ready"):
        await supervise(silent, patience=Patience(start=0.5, stop=1)).start()


async def test_stopping_ends_dependants_first(supervise, changes):
    supervisor = supervise(listener("server"), listener("client", depends_on=frozenset({"server"})))
    await supervisor.start()
    await supervisor.stop()
    stopped = [name for name, state in changes if state is State.STOPPED]
    assert stopped == ["client", "server"]


async def test_a_process_that_ignores_the_request_to_stop_is_killed(supervise):
    supervisor = supervise(listener("stubborn", _STUBBORN))
    await supervisor.start()
    pid = supervisor.watched["stubborn"].pid
    await supervisor.stop()
    assert not is_alive(pid)


async def test_children_of_a_process_are_ended_with_it(supervise, tmp_path):
    note = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, pathlib;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "pathlib.Path(sys.argv[2]).write_text(str(child.pid));" + _LISTENER
    )
    port = free_ports(1)[0]
    supervisor = supervise(python("parent", code, port, note, ready=tcp("127.0.0.1", port)))
    await supervisor.start()
    await supervisor.stop()
    grandchild = int(note.read_text())

    async def gone():
        return not is_alive(grandchild)

    assert await wait_until(gone, 60)


_SUPERVISES = """
import asyncio, os, sys
from pathlib import Path
from local_mesh.process import Process
from local_mesh.readiness import tcp
from local_mesh.supervisor import Supervisor

async def main(listener, logs, *ports):
    processes = [
        Process(f"server-{port}", (sys.executable, "-c", listener, port), dict(os.environ), tcp("127.0.0.1", int(port)))
        for port in ports
    ]
    supervisor = Supervisor(processes, Path(logs))
    await supervisor.start()
    print(*(watched.pid for watched in supervisor.watched.values()), flush=True)
    await asyncio.get_running_loop().create_future()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killing_the_supervisor_leaves_no_process_behind(tmp_path):
    ports = free_ports(2)
    supervisor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SUPERVISES, _STUBBORN, tmp_path / "logs", *map(str, ports)),
        stdout=asyncio.subprocess.PIPE,
    )
    pids = [int(pid) for pid in (await supervisor.stdout.readline()).split()]
    assert len(pids) == 2
    supervisor.kill()
    await supervisor.wait()

    async def all_gone():
        return not any(is_alive(pid) for pid in pids)

    assert await wait_until(all_gone, 60)
