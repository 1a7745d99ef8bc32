"""Argon2id off the event loop."""

import asyncio
from threading import Event

import pytest

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.errors import PasswordChecksBusy

CHEAP = Cost(passes=1, memory_kib=8)


def test_production_hashes_cost_what_rfc_9106_recommends() -> None:
    assert Cost() == Cost(passes=3, memory_kib=65536)


async def test_more_waiting_than_the_queue_holds_are_sent_away_with_a_time_to_return() -> None:
    passwords, gate = Argon2Passwords(threads=1, cost=CHEAP), Event()
    held = [asyncio.ensure_future(passwords._in_thread(gate.wait)) for _ in range(33)]
    await asyncio.sleep(0)  # each task runs up to its thread
    with pytest.raises(PasswordChecksBusy) as refusal:
        await passwords.matches("password", None)
    assert refusal.value.retry_after
    gate.set()
    await asyncio.gather(*held)
    assert not await passwords.matches("password", None)
    await passwords.close()


async def test_hanging_up_does_not_free_a_thread_that_still_works() -> None:
    passwords, gate, begun = Argon2Passwords(threads=1, cost=CHEAP), Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait()

    call = asyncio.ensure_future(passwords._in_thread(work))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert passwords._places._value == 32
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
