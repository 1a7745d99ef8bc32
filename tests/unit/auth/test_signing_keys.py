"""Replacing the key that signs: no token is ever one that nobody can verify."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from fakes.auth.clock import ManualClock
from unit.auth.conftest import Auth

from auth_service.clients.key_folder import KeyFolder
from auth_service.clients.signing import KeyRing
from auth_service.domain.access_tokens import ACCESS_LIFETIME
from auth_service.domain.signing_keys import (
    KEY_SET_KEPT,
    OVERLAP,
    PUBLICATION,
    KeyState,
    SigningKey,
    age,
    file_name,
    signing_key,
    start_time,
    state,
)
from auth_service.errors import KeyInUse, KeyUnknown
from auth_service.use_cases.key_rotation import KeyRotation
from local_mesh import keys
from servicekit.identity.keys import KeyFileInvalid

NOW = ManualClock().now
SECOND = timedelta(seconds=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the local mesh makes it: one key, which always signed."""
    keys.make_keys(tmp_path, ["auth"])
    return tmp_path / keys.SIGNING_KEYS


def rotation(auth: Auth, folder: Path) -> KeyRotation:
    return KeyRotation(KeyFolder(folder), auth.database.unit_of_work, auth.clock)


def signs(ring: KeyRing) -> str:
    """The id of the key a token is signed with now."""
    kid: str = jwt.get_unverified_header(ring.sign({"sub": "ada"}))["kid"]
    return kid


def key(name: str) -> SigningKey:
    return SigningKey(f"kid of {name}", name, start_time(name))


def test_a_key_begins_at_the_time_in_its_name_and_any_other_always_signed() -> None:
    assert start_time(file_name(NOW)) == NOW
    for name in ("first", "20261301T000000Z", ""):
        assert start_time(name) < start_time("19700101T000001Z")


def test_the_newest_that_has_begun_signs() -> None:
    first, second, third = key("first"), key(file_name(NOW)), key(file_name(NOW + SECOND))
    assert signing_key([third, first, second], NOW - SECOND) == first
    assert signing_key([third, first, second], NOW) == second
    assert signing_key([third, first, second], NOW + SECOND) == third
    assert signing_key([third], NOW) is None


def test_of_two_that_always_signed_one_does() -> None:
    first, other = key("first"), key("other")
    assert signing_key([first, other], NOW) == other
    assert state(first, [first, other], NOW) is KeyState.RETIRABLE


@pytest.mark.parametrize(
    ("since", "first", "second"),
    [
        (-SECOND, KeyState.SIGNING, KeyState.PUBLISHED),
        (0 * SECOND, KeyState.VERIFYING, KeyState.SIGNING),
        (ACCESS_LIFETIME, KeyState.VERIFYING, KeyState.SIGNING),
        (OVERLAP - SECOND, KeyState.VERIFYING, KeyState.SIGNING),
        (OVERLAP, KeyState.RETIRABLE, KeyState.SIGNING),
    ],
)
def test_a_key_stays_as_long_as_a_token_it_signed_may_be_valid(
    since: timedelta, first: KeyState, second: KeyState
) -> None:
    both = [key("first"), key(file_name(NOW))]
    assert [state(each, both, NOW + since) for each in both] == [first, second]


def test_a_key_is_known_everywhere_before_it_signs() -> None:
    assert PUBLICATION > 2 * KEY_SET_KEPT


def test_a_key_ages_from_its_time_and_one_without_from_when_its_file_was_written(auth: Auth, folder: Path) -> None:
    timed, written = key(file_name(NOW)), NOW - timedelta(days=3)
    assert age(timed, written, NOW + SECOND) == SECOND
    assert age(key("first"), written, NOW) == timedelta(days=3)
    assert age(key("first"), NOW + SECOND, NOW) == timedelta()  # a clock that was set back
    os.utime(folder / "first.pem", (written.timestamp(), written.timestamp()))
    ring = KeyRing(folder, auth.clock)
    assert ring.age() == timedelta(days=3)
    auth.clock.advance(SECOND)
    assert ring.age() == timedelta(days=3, seconds=1)


async def test_the_key_that_signs_is_young_again_once_a_new_one_begins(auth: Auth, folder: Path) -> None:
    await rotation(auth, folder).rotate(PUBLICATION)
    ring = KeyRing(folder, auth.clock)
    auth.clock.advance(PUBLICATION)
    assert ring.age() == timedelta()


async def test_a_rotation_publishes_lets_begin_and_retires_in_that_order(auth: Auth, folder: Path) -> None:
    change = rotation(auth, folder)
    ring = KeyRing(folder, auth.clock)
    old = signs(ring)
    new = (await change.rotate(PUBLICATION)).kid
    ring = KeyRing(folder, auth.clock)
    assert {public.kid for public in ring.public_keys()} == {old, new}
    assert signs(ring) == old
    assert await change.retire() == []
    auth.clock.advance(PUBLICATION)
    assert signs(ring) == new  # by the clock alone
    assert await change.retire() == []
    auth.clock.advance(OVERLAP)
    assert [each.kid for each in await change.retire()] == [old]
    assert [(each.kid, where) for each, where in change.states()] == [(new, KeyState.SIGNING)]
    assert auth.audited() == [("key.published", "success"), ("key.retired", "success")]


async def test_a_copied_key_goes_at_once_but_never_the_one_that_signs(auth: Auth, folder: Path) -> None:
    change = rotation(auth, folder)
    ((old, _),) = change.states()
    with pytest.raises(KeyInUse):
        await change.retire(old.kid)
    with pytest.raises(KeyUnknown):
        await change.retire("unknown")
    await change.rotate(timedelta())
    assert [each.kid for each in await change.retire(old.kid)] == [old.kid]


async def test_without_a_database_nothing_is_written_down(auth: Auth, folder: Path) -> None:
    await KeyRotation(KeyFolder(folder), None, auth.clock).rotate(PUBLICATION)
    assert auth.audited() == []


def test_a_new_key_is_its_owner_s_alone_and_never_replaces_another(folder: Path) -> None:
    store = KeyFolder(folder)
    made = store.add(NOW)
    assert oct(os.stat(folder / f"{made.name}.pem").st_mode & 0o777) == "0o600"
    with pytest.raises(FileExistsError):
        store.add(NOW)
    assert sorted(path.name for path in folder.iterdir()) == sorted([f"{made.name}.pem", "first.pem"])


@contextmanager
def files_end_after(size: int) -> Iterator[None]:
    """As on a full disk: no file gets longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_of_a_new_key_that_could_not_be_written_nothing_stays(folder: Path) -> None:
    with pytest.raises(OSError, match="too large"), files_end_after(16):
        KeyFolder(folder).add(NOW)
    assert [path.name for path in folder.iterdir()] == ["first.pem"]


def test_a_new_key_is_of_whom_the_folder_is_also_when_root_makes_it(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, 10001, 10002)
    made, of = os.stat(folder / f"{KeyFolder(folder).add(NOW).name}.pem"), os.stat(folder)
    assert (made.st_uid, made.st_gid) == (of.st_uid, of.st_gid)


def test_a_folder_without_a_key_that_signs_is_refused(folder: Path, auth: Auth) -> None:
    KeyFolder(folder).add(auth.clock() + SECOND)
    (folder / "first.pem").unlink()
    with pytest.raises(KeyFileInvalid, match="no key that signs"):
        KeyRing(folder, auth.clock)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(KeyFileInvalid, match="holds no key"):
        KeyRing(folder, auth.clock)


async def test_a_ring_knows_its_own_keys_alone(folder: Path, auth: Auth) -> None:
    ring = KeyRing(folder, auth.clock)
    assert await ring.key(signs(ring)) is not None
    assert await ring.key("unknown") is None


def test_a_clock_that_was_set_back_signs_nothing(folder: Path, auth: Auth) -> None:
    KeyFolder(folder).add(auth.clock())
    (folder / "first.pem").unlink()
    ring = KeyRing(folder, auth.clock)
    auth.clock.advance(-SECOND)
    with pytest.raises(KeyFileInvalid):
        signs(ring)
