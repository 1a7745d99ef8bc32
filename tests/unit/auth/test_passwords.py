"""Argon2id off the event loop."""

import asyncio
from threading import Event

import pytest

from auth_service.clients.guessing import is_guessable
from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.domain.passwords import own_words
from auth_service.errors import PasswordChecksBusy

CHEAP = Cost(passes=1, memory_kib=8)


def test_production_hashes_cost_what_rfc_9106_recommends() -> None:
    assert Cost() == Cost(passes=3, memory_kib=65536)


async def test_more_waiting_than_the_queue_holds_are_sent_away_with_a_time_to_return() -> None:
    passwords, gate = Argon2Passwords(threads=1, cost=CHEAP), Event()
    held = [asyncio.ensure_future(passwords._checking.run(gate.wait)) for _ in range(9)]
    await asyncio.sleep(0)  # each task runs up to its thread
    with pytest.raises(PasswordChecksBusy) as refusal:
        await passwords.matches("password", None)
    assert refusal.value.retry_after
    gate.set()
    await asyncio.gather(*held)
    assert not await passwords.matches("password", None)
    await passwords.close()


async def test_passwords_are_checked_while_no_more_can_be_chosen() -> None:
    passwords, gate = Argon2Passwords(threads=1, cost=CHEAP), Event()
    held = [asyncio.ensure_future(passwords._choosing.run(gate.wait)) for _ in range(9)]
    await asyncio.sleep(0)  # each task runs up to its thread
    with pytest.raises(PasswordChecksBusy):
        await passwords.hash("password")
    assert not await passwords.matches("password", None)
    gate.set()
    await asyncio.gather(*held)
    await passwords.close()


async def test_hanging_up_does_not_free_a_thread_that_still_works() -> None:
    passwords, gate, begun = Argon2Passwords(threads=1, cost=CHEAP), Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait()

    call = asyncio.ensure_future(passwords._choosing.run(work))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert passwords._choosing.places._value == 8
    gate.set()
    await passwords.hash("password")  # one thread: it runs after the abandoned work has ended
    await passwords.close()


@pytest.mark.parametrize("password", ["", "p" * 128, "пароль-密码-🔑", "with\x00nul", "same" * 30 + "differs late"])
async def test_every_character_of_a_password_counts(password: str) -> None:
    passwords = Argon2Passwords(threads=1, cost=CHEAP)
    stored = await passwords.hash(password)
    assert stored.startswith("$argon2id$")
    assert await passwords.matches(password, stored)
    assert not await passwords.matches(password + "x", stored)
    await passwords.close()


async def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    passwords = Argon2Passwords(threads=1, cost=CHEAP)
    assert await passwords.matches("caf\u00e9 au lait", await passwords.hash("cafe\u0301 au lait"))
    await passwords.close()


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "qwertyuiop",
        "1234567890",
        "iloveyou1234",
        "littlemonster",
        "Ada.Lovelace1",
        "lovelace@school",
        "aaaaaaaaaa",
    ],
)
def test_what_an_acquaintance_would_try_is_guessable(password: str) -> None:
    assert is_guessable(password, own_words("ada.lovelace@school.example", "Ada Lovelace"))


@pytest.mark.parametrize(
    "password", ["correct horse battery", "vT4$kq9!zLm", "ein sehr eigenes Passwort", "🐙🐙 seven lamps 🐙"]
)
def test_what_nobody_would_try_is_not(password: str) -> None:
    assert not is_guessable(password, own_words("ada.lovelace@school.example", "Ada Lovelace"))


def test_a_password_of_the_greatest_length_is_judged_by_its_beginning() -> None:
    assert is_guessable("a" * 128, ())
    assert not is_guessable("seven lamps in a harbour " * 5, ())


def test_own_words_are_the_parts_of_address_and_name_that_are_words() -> None:
    words = own_words("ada.l@school.example", "Ada Lovelace")
    assert {"ada", "lovelace", "school", "example", "ada lovelace", "littlemonster"} <= set(words)
    assert "l" not in words


async def test_a_hash_of_another_cost_is_made_anew() -> None:
    cheap = Argon2Passwords(threads=1, cost=Cost(passes=1, memory_kib=8))
    dear = Argon2Passwords(threads=1, cost=Cost(passes=2, memory_kib=8))
    assert dear.needs_rehash(await cheap.hash("correct horse battery"))
    await cheap.close()
    await dear.close()
