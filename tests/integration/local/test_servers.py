"""Each embedded server: it starts, keeps what it was told, stops in order, and guards its door."""

import asyncio
import os
import stat

import nats
import psutil
import psycopg
import pytest
import redis.asyncio

from local_mesh.ports import free_ports
from local_mesh.process import is_alive
from local_mesh.servers.envoy import Envoy
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis


@pytest.fixture
def port():
    return free_ports(1)[0]


@pytest.fixture
def postgres(tmp_path, port, credentials):
    return Postgres(tmp_path / "data", tmp_path / "initdb.log", port, credentials)


async def test_postgres_keeps_its_rows_over_a_restart(postgres, run):
    async with run(postgres.process()):
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("create table kept as select 'saved' as text")
    async with run(postgres.process()):
        with psycopg.connect(postgres.url) as connection:
            assert connection.execute("select text from kept").fetchone() == ("saved",)


async def test_postgres_comes_back_after_it_was_killed(postgres, run):
    async with run(postgres.process()) as child:
        os.kill(child.pid, 9)
        await child.wait()
    async with run(postgres.process()):
        psycopg.connect(postgres.url).close()


async def test_a_first_start_that_was_cut_off_is_begun_anew(postgres, run):
    half_made = postgres.data.with_name(f".{postgres.data.name}.partial")
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    async with run(postgres.process()):
        psycopg.connect(postgres.url).close()
    assert not half_made.exists()


async def test_postgres_syncs_to_disk_and_asks_for_scram_passwords(postgres, run):
    async with run(postgres.process()):
        with psycopg.connect(postgres.url) as connection:
            shown = [
                connection.execute(f"show {name}").fetchone()[0]
                for name in ("fsync", "synchronous_commit", "full_page_writes", "password_encryption")
            ]
    assert shown == ["on", "on", "on", "scram-sha-256"]


async def test_postgres_listens_on_its_unix_socket_too(postgres, run):
    async with run(postgres.process()):
        psycopg.connect(postgres.socket_url).close()


async def test_postgres_works_where_the_path_is_too_long_for_a_socket(tmp_path, port, credentials, run):
    postgres = Postgres(tmp_path / ("deep" * 20) / "data", tmp_path / "initdb.log", port, credentials, durable=False)
    async with run(postgres.process()):
        psycopg.connect(postgres.url).close()
    postgres.socket_folder.rmdir()


async def test_no_password_is_seen_in_the_list_of_processes(postgres, run):
    password = postgres.credentials.password("postgres")
    async with run(postgres.process()) as child:
        assert password not in " ".join(psutil.Process(child.pid).cmdline())


async def test_a_password_file_is_readable_by_its_owner_only(credentials):
    credentials.password("postgres")
    assert stat.S_IMODE((credentials.folder / "postgres").stat().st_mode) == 0o600
    assert stat.S_IMODE(credentials.folder.stat().st_mode) == 0o700


async def test_nats_keeps_acknowledged_messages_when_killed(tmp_path, port, credentials, run):
    server = Nats(tmp_path / "nats", port, credentials)
    async with run(server.process()) as child:
        client = await nats.connect(server.url)
        await client.jetstream().add_stream(name="kept", subjects=["kept"])
        await client.jetstream().publish("kept", b"saved")
        await client.close()
        os.kill(child.pid, 9)
        await child.wait()
    async with run(server.process()):
        client = await nats.connect(server.url)
        assert (await client.jetstream().get_last_msg("kept", "kept")).data == b"saved"
        await client.close()


async def test_the_servers_take_a_folder_of_any_name(short_folder, tmp_path, credentials, run):
    folder, ports = short_folder / 'o\'ne "two" +%drei-ü', free_ports(3)
    postgres = Postgres(folder / "postgres", tmp_path / "initdb.log", ports[0], credentials, durable=False)
    nats_server, redis_server = (
        Nats(folder / "nats", ports[1], credentials),
        Redis(folder / "redis", ports[2], credentials),
    )
    async with run(postgres.process()), run(nats_server.process()), run(redis_server.process()):
        assert postgres.socket_folder.is_relative_to(folder)
        psycopg.connect(postgres.socket_url).close()


async def test_nats_refuses_a_client_without_the_password(tmp_path, port, credentials, run):
    async with run(Nats(tmp_path / "nats", port, credentials).process()):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert b'"auth_required":true' in await reader.readline()
        writer.write(b"CONNECT {}\r\nPING\r\n")
        assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
        writer.close()
        await writer.wait_closed()


async def test_redis_keeps_its_keys_over_a_restart(tmp_path, port, credentials, run):
    server = Redis(tmp_path / "redis", port, credentials)
    for expected in (None, b"saved"):
        async with run(server.process()), redis.asyncio.from_url(server.url) as client:
            assert await client.get("key") == expected
            await client.set("key", "saved")


async def test_auth_can_count_in_redis_and_nothing_else(tmp_path, port, credentials, run):
    server = Redis(tmp_path / "redis", port, credentials, durable=False)
    async with run(server.process()), redis.asyncio.from_url(server.url_of("auth")) as auth:
        assert await auth.execute_command("INCR", "auth:attempts:name") == 1
        for words in (
            *(("get", "another"), ("set", "auth:attempts:name", "0"), ("keys", "*"), ("scan", "0"), ("flushall",)),
            *(
                ("config", "get", "*"),
                ("acl", "list"),
                ("monitor",),
                ("client", "list"),
                ("script", "flush"),
                ("shutdown",),
            ),
            ("eval", "return redis.call('KEYS', '*')", "0"),
        ):
            with pytest.raises(redis.exceptions.ResponseError, match=r"(?i)permission|can't run this"):
                await auth.execute_command(*words)
    for stranger in (f"redis://127.0.0.1:{port}/0", f"redis://:{credentials.password('redis')}@127.0.0.1:{port}/0"):
        async with run(server.process()), redis.asyncio.from_url(stranger) as client:
            with pytest.raises(redis.exceptions.AuthenticationError):
                await client.ping()


async def test_envoy_runs_a_configuration_file(tmp_path, run):
    port = free_ports(1)[0]
    configuration = tmp_path / "envoy.yaml"
    configuration.write_text(_ANSWERS_200 % port)
    async with run(Envoy(configuration, port).process()) as child:
        pid = child.pid
    assert not is_alive(pid)


_ANSWERS_200 = """
static_resources:
  listeners:
  - address: {socket_address: {address: 127.0.0.1, port_value: %d}}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: test
          route_config:
            virtual_hosts:
            - {name: all, domains: ["*"], routes: [{match: {prefix: "/"}, direct_response: {status: 200}}]}
          http_filters:
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
"""
