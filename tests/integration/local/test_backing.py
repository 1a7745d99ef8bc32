"""The session's servers really serve, and nobody enters without a password."""

import asyncio
import sys
from pathlib import Path

import nats
import psutil
import psycopg
import pytest
import redis.asyncio

from local_mesh.process import is_alive
from local_mesh.readiness import wait_until


async def test_the_message_broker_keeps_what_it_acknowledged(backing):
    client = await nats.connect(backing.nats_url)
    stream = client.jetstream()
    await stream.add_stream(name="kept", subjects=["kept.>"])
    await stream.publish("kept.one", b"hello")
    assert (await stream.get_last_msg("kept", "kept.one")).data == b"hello"
    await stream.delete_stream("kept")
    await client.close()


async def test_the_cache_answers_with_its_password(backing):
    async with redis.asyncio.from_url(backing.redis_url) as client:
        assert await client.ping()


async def test_the_cache_refuses_a_stranger(backing):
    stranger_url = "redis://" + backing.redis_url.partition("@")[2]
    async with redis.asyncio.from_url(stranger_url) as stranger:
        with pytest.raises(redis.exceptions.AuthenticationError):
            await stranger.ping()


def test_the_database_server_refuses_a_wrong_password(backing):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(backing.postgres_url.replace("://postgres:", "://postgres:x"))


async def test_the_servers_end_and_clean_up_when_their_session_is_killed(tmp_path):
    home = tmp_path / "backing"
    home.mkdir()
    session = await asyncio.create_subprocess_exec("sleep", "600")
    script = Path(__file__).parents[2] / "backing_process.py"
    servers = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "--home", str(home), "--session", str(session.pid)
    )

    async def ready():
        return (home / "backing.json").exists()

    assert await wait_until(ready, 60)
    children = psutil.Process(servers.pid).children(recursive=True)
    session.kill()
    await session.wait()
    assert await servers.wait() == 0
    assert not [child for child in children if is_alive(child.pid)]
    assert not home.exists()
