"""Passwords match alike with the plain fake and with Argon2id."""

from collections.abc import AsyncIterator

import pytest
from fakes.auth.passwords import COMMON, PlainPasswords

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.ports import Passwords


@pytest.fixture(params=["plain", "argon2"])
async def passwords(request: pytest.FixtureRequest) -> AsyncIterator[Passwords]:
    """Either adapter."""
    if request.param == "plain":
        yield PlainPasswords()
        return
    argon2 = Argon2Passwords(threads=1, cost=Cost(passes=1, memory_kib=8))
    yield argon2
    await argon2.close()


async def test_the_password_that_made_a_hash_matches_it_and_no_other(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse battery")
    assert await passwords.matches("correct horse battery", stored)
    assert not await passwords.matches("correct horse batterz", stored)


async def test_a_password_is_known_again_by_the_salt_of_its_hash_and_no_other_is(passwords: Passwords) -> None:
    first = await passwords.hash("correct horse battery")
    second = await passwords.hash("another horse battery", first)
    for stored, password in ((first, "correct horse battery"), (second, "another horse battery")):
        assert await passwords.matches(password, stored)
        assert await passwords.again(password, first) == await passwords.again(password, second) == stored
    assert first != second != await passwords.again("a third horse battery", first) != first


async def test_a_password_that_nobody_chose_is_hashed_all_the_same(passwords: Passwords) -> None:
    assert await passwords.matches("correct horse battery", await passwords.again("correct horse battery", None))


async def test_nobody_s_password_matches(passwords: Passwords) -> None:
    assert not await passwords.matches("", None)
    assert not await passwords.matches("correct horse battery", None)


async def test_common_passwords_and_own_words_are_guessable_and_others_not(passwords: Passwords) -> None:
    assert await passwords.guessable(COMMON, ())
    assert await passwords.guessable("Lovelace-1815", ("lovelace-1815",))
    assert not await passwords.guessable("correct horse battery", ("ada", "lovelace"))


async def test_a_hash_made_now_needs_no_other(passwords: Passwords) -> None:
    assert not passwords.needs_rehash(await passwords.hash("correct horse battery"))
