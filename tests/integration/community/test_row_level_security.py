"""The second wall: what the database itself lets a caller read and write."""

import psycopg
import pytest
from fakes.community.made import NOON, a_comment, a_rating

from community_service.domain.comments import ModerationStatus
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Report
from community_service.storage import PostgresStore
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)


@pytest.fixture
async def as_caller(database_url, database, video):
    """Runs raw SQL as anybody, on rows of Ada's: a withheld comment, an approved one and a rating."""
    rows = [
        a_comment(video, user_id=ADA.id, status=ModerationStatus.WITHHELD, text="withheld"),
        a_comment(video, user_id=ADA.id, text="approved"),
    ]
    with acting_as(ADA):
        async with PostgresStore(database).begin() as work:
            await work.videos.learn(video)
            for row in rows:
                await work.comments.add(row)
                await work.comments.keep_revision(row)
            await work.queue.report(Report(rows[1].id, ADA.id, Concern.SPAM, "note", NOON))
            await work.ratings.save(a_rating(video, user_id=ADA.id))

    async def run(caller: Caller | None, sql: str) -> psycopg.AsyncCursor:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            identity = (caller.id, caller.role.value) if caller else ("", "")
            await connection.execute(
                "SELECT set_config('lm.user_id', %s, false), set_config('lm.role', %s, false)", identity
            )
            cursor = await connection.execute(sql)
            if cursor.description:
                return [value for (value,) in await cursor.fetchall()]
            return cursor.rowcount

    return run


async def test_others_read_only_what_is_approved(as_caller) -> None:
    texts = "SELECT text FROM comments ORDER BY text"
    assert await as_caller(BOB, texts) == ["approved"]
    assert await as_caller(None, texts) == ["approved"]
    assert await as_caller(ADA, texts) == ["approved", "withheld"]
    assert await as_caller(Caller(new_id(), Role.MODERATOR), texts) == ["approved", "withheld"]


async def test_reports_are_for_their_reporter_and_moderators(as_caller) -> None:
    for other in (BOB, None):
        assert await as_caller(other, "SELECT note FROM reports") == []
    for reader in (ADA, Caller(new_id(), Role.MODERATOR)):
        assert await as_caller(reader, "SELECT note FROM reports") == ["note"]


async def test_students_neither_read_nor_make_decisions(as_caller) -> None:
    mia = Caller(new_id(), Role.MODERATOR)
    made = f"INSERT INTO decisions VALUES ('{new_id()}', '{new_id()}', '{mia.id}', 'APPROVE', '', now())"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await as_caller(BOB, made)
    assert await as_caller(mia, made) == 1
    assert await as_caller(BOB, "SELECT action FROM decisions") == []


async def test_authors_read_what_was_decided_about_them_and_change_none_of_it(as_caller) -> None:
    mia, decision = Caller(new_id(), Role.MODERATOR), new_id()
    columns = "(id, comment_id, moderator_id, action, reason, create_time, user_id)"
    made = f"('{decision}', '{new_id()}', '{mia.id}', 'SUSPEND', 'Be kind.', now(), '{ADA.id}')"
    assert await as_caller(mia, f"INSERT INTO decisions {columns} VALUES {made}") == 1
    appeal = (
        "INSERT INTO appeals (id, comment_id, user_id, statement, create_time, status, answer) "
        f"VALUES ('{decision}', '{new_id()}', '{ADA.id}', 'Why?', now(), 'PENDING', '')"
    )
    for other in (ADA, BOB, None):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await as_caller(other, appeal)
    assert await as_caller(mia, appeal) == 1
    for table, column in (("decisions", "reason"), ("appeals", "statement")):
        for reader, rows in ((ADA, 1), (mia, 1), (BOB, 0), (None, 0)):
            assert len(await as_caller(reader, f"SELECT {column} FROM {table}")) == rows
        for change in (f"UPDATE {table} SET {column} = 'mine'", f"DELETE FROM {table}"):
            for other in (ADA, BOB, None):
                assert await as_caller(other, change) == 0


async def test_earlier_texts_are_for_their_author_and_moderators(as_caller) -> None:
    texts = "SELECT text FROM comment_revisions ORDER BY text"
    for other in (BOB, None):
        assert await as_caller(other, texts) == []
    for reader in (ADA, Caller(new_id(), Role.MODERATOR)):
        assert await as_caller(reader, texts) == ["approved", "withheld"]


@pytest.mark.parametrize("caller", [BOB, None])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE comments SET text = 'stolen'",
        "DELETE FROM comments",
        "UPDATE comment_revisions SET text = 'stolen'",
        "DELETE FROM comment_revisions",
        "UPDATE reports SET note = 'stolen'",
        "DELETE FROM reports",
        "UPDATE ratings SET stars = 1",
        "DELETE FROM ratings",
    ],
)
async def test_others_change_nothing(as_caller, caller, change) -> None:
    assert await as_caller(caller, change) == 0


async def test_nobody_writes_in_the_name_of_another(as_caller, video) -> None:
    row = f"('{new_id()}', '{video.id}', '{ADA.id}', 'forged', 'APPROVED', '', now(), now())"
    columns = "(id, video_id, user_id, text, status, reason, create_time, update_time)"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await as_caller(BOB, f"INSERT INTO comments {columns} VALUES {row}")


@pytest.mark.parametrize("caller", [BOB, None, Caller(new_id(), Role.MODERATOR), Caller(new_id(), Role.ADMIN)])
async def test_a_rating_is_its_owner_s_alone(as_caller, caller) -> None:
    assert await as_caller(caller, "SELECT stars FROM ratings") == []
    assert await as_caller(ADA, "SELECT stars FROM ratings") == [4]


async def test_the_runtime_role_cannot_switch_the_policies_off(as_caller) -> None:
    rights = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert await as_caller(BOB, rights) == [False]
    for forbidden in (
        "ALTER TABLE comments DISABLE ROW LEVEL SECURITY",
        "DROP TABLE ratings",
        "SET ROLE community_owner",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await as_caller(BOB, forbidden)
