"""The databases and the events of a backup are of one instant, and all rows are in it or none."""

import secrets
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from background import at_work
from integration.servicekit.shelves import ADD, make_table

from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from local_mesh.backup import moment as of_moment
from local_mesh.backup import tools
from local_mesh.backup.errors import DatabasesBusy, RowsHidden, ToolFailed
from local_mesh.backup.moment import moment
from local_mesh.ports import free_ports
from local_mesh.servers import databases
from local_mesh.servers.nats import Nats
from servicekit.caller import Caller, acting_as
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.messaging.broker import EVENTS, Broker
from servicekit.messaging.relay import Relay
from servicekit.messaging.saved import messages

MOMENTS = 6
RIGHTS = """
    select c.relname, array(select unnest(c.relacl)::text order by 1),
        c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
        (select array_agg(p.polname || pg_get_expr(p.polqual, p.polrelid) order by p.polname)
         from pg_policy p where p.polrelid = c.oid)
    from pg_class c where c.relnamespace = 'public'::regnamespace order by 1
"""
DEFAULTS = """
    select defaclobjtype::text, array(select unnest(defaclacl)::text order by 1), pg_get_userbyid(defaclrole)
    from pg_default_acl order by 1, 2
"""
SCHEMA = "select array(select unnest(nspacl)::text order by 1) from pg_namespace where nspname = 'public'"
ADA = """
    insert into users (id, email, display_name, password_hash, role, avatar_color, subjects,
        mail_time, create_time, last_active_time)
    values (gen_random_uuid(), 'ada@school.example', 'Ada', 'x', 'STUDENT', '#112233', '{}', now(), now(), now())
"""


@pytest.fixture
async def broker(run, tmp_path, credentials):
    """A NATS of this test, so that the stream holds its events only."""
    nats = Nats(tmp_path / "nats", free_ports(1)[0], credentials, durable=False)
    async with run(nats.process()):
        broker = Broker(nats.url, name="test")
        await broker.connect()
        yield broker
        await broker.close()


def name_of(urls):
    return urlsplit(urls.app).path.lstrip("/")


@asynccontextmanager
async def busy(urls, broker):
    """Writers that save a row and its event together, as fast as they can, and a relay that publishes."""
    database = Database(urls.app, name="library")
    await database.open()

    async def write():
        with acting_as(Caller.service("library")):
            while True:
                async with database.transaction() as transaction:
                    label = new_id()
                    await transaction.execute(ADD, id=new_id(), owner="ada", label=label)
                    await transaction.emit("video.deleted", VideoDeleted(video_id=label), about=label)

    async with at_work(write(), write(), write(), Relay(broker, database).run()):
        yield
    await database.close()


async def seen(server, name, snapshot, query):
    url = databases.in_database(server, name)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return {label for (label,) in await (await connection.execute(query)).fetchall()}


async def test_every_row_of_the_instant_has_its_event_and_no_event_is_of_later(make_database, backing, broker):
    urls = make_database("community")
    make_table(urls.owner)
    jetstream, names = await broker.jetstream(), {"community": name_of(urls)}
    counts = []
    async with busy(urls, broker):
        while len(counts) < MOMENTS or counts[-1] < 50:
            async with moment(backing.postgres_url, jetstream, names) as taken:
                (snapshot,) = taken.snapshots.values()
                rows = await seen(backing.postgres_url, names["community"], snapshot, "SELECT label FROM shelves")
                waiting = await seen(backing.postgres_url, names["community"], snapshot, "SELECT about FROM outbox")
                told = {m.headers["ce-subject"] async for m in messages(jetstream, EVENTS, 0, taken.last)}
            assert rows == waiting | told
            counts.append(len(rows))
    assert taken.databases["community"].revision >= "0007"


async def test_a_writer_that_does_not_end_is_not_waited_for_for_ever(make_database, backing, broker, monkeypatch):
    urls = make_database("community")
    monkeypatch.setattr(of_moment, "_ATTEMPTS", 1)
    async with await psycopg.AsyncConnection.connect(urls.app) as writer:
        await writer.execute("LOCK TABLE outbox IN ROW EXCLUSIVE MODE")
        with pytest.raises(DatabasesBusy, match="Try again"):
            async with moment(backing.postgres_url, await broker.jetstream(), {"community": name_of(urls)}):
                pass
        await writer.execute("SELECT FROM outbox")  # and nothing holds it up any more


@pytest.fixture
def role(backing):
    """A login role that may read everything but what row-level security hides; its URL."""
    name = f"reader_{secrets.token_hex(4)}"
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(f"create role {name} login password 'reads' in role pg_read_all_data")
        yield f"postgresql://{name}:reads@{backing.postgres_url.partition('@')[2]}"
        connection.execute(f"drop owned by {name}; drop role {name}")


async def test_a_role_that_would_leave_rows_out_is_refused_with_the_remedy(make_database, backing, broker, role):
    name = name_of(make_database("auth"))
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(f"grant connect on database {name} to {urlsplit(role).username}")
    with pytest.raises(RowsHidden, match="BYPASSRLS, then try again"):
        async with moment(role, await broker.jetstream(), {"auth": name}):
            pass


async def test_pg_dump_itself_fails_rather_than_leave_rows_out(make_database, backing, broker, role, tmp_path):
    name = name_of(make_database("auth"))
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(f"grant connect on database {name} to {urlsplit(role).username}")
    async with moment(backing.postgres_url, await broker.jetstream(), {"auth": name}) as taken:
        with pytest.raises(ToolFailed, match="row-level security"):
            await tools.dump(role, name, taken.snapshots["auth"], tmp_path / "auth.dump")


async def test_rows_rights_and_policies_come_back_as_they_were(make_database, backing, broker, tmp_path):
    urls, other = make_database("auth"), f"auth_{secrets.token_hex(6)}"
    with psycopg.connect(databases.in_database(backing.postgres_url, name_of(urls)), autocommit=True) as connection:
        connection.execute(ADA)
    async with moment(backing.postgres_url, await broker.jetstream(), {"auth": name_of(urls)}) as taken:
        await tools.dump(backing.postgres_url, name_of(urls), taken.snapshots["auth"], tmp_path / "auth.dump")
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        databases.make_database(connection, "auth", other)
        await tools.restore(backing.postgres_url, other, "auth_owner", tmp_path / "auth.dump")
        try:
            assert facts(backing, other) == facts(backing, name_of(urls))
            with psycopg.connect(databases.in_database(urls.app, other)) as app:
                assert app.execute("select count(*) from users").fetchone() == (0,)  # nobody's settings, nobody's rows
        finally:
            connection.execute(f"drop database {other} with (force)")


def facts(backing, name):
    with psycopg.connect(databases.in_database(backing.postgres_url, name)) as connection:
        found = [connection.execute(query).fetchall() for query in (RIGHTS, DEFAULTS, SCHEMA)]
        emails = connection.execute("select email from users").fetchall()
    assert emails == [("ada@school.example",)]
    assert len(found[0]) > 20
    return found
