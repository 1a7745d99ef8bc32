"""The session's servers really serve, and nobody enters without a password."""

import nats
import psycopg
import pytest
import redis.asyncio


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
