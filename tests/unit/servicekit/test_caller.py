"""The caller lasts as long as the call, in its own task only."""

import asyncio

import pytest

from servicekit.caller import Caller, Role, acting_as, caller_or_none, current_caller
from servicekit.errors import Unauthenticated

ADA, BOB = Caller("ada", Role.STUDENT, "session"), Caller("bob", Role.MODERATOR)


def test_outside_a_call_there_is_nobody() -> None:
    assert caller_or_none() is None
    with pytest.raises(Unauthenticated):
        current_caller()


def test_blocks_nest_and_give_back_who_was_there_before() -> None:
    with acting_as(ADA):
        with acting_as(BOB):
            assert current_caller() is BOB
        with acting_as(None):
            assert caller_or_none() is None
        assert current_caller() is ADA
    assert caller_or_none() is None


def test_the_caller_is_gone_after_an_exception() -> None:
    with pytest.raises(RuntimeError), acting_as(ADA):
        raise RuntimeError
    assert caller_or_none() is None


async def test_calls_at_the_same_time_do_not_see_each_other() -> None:
    both_inside = asyncio.Barrier(2)

    async def call(caller: Caller) -> Caller:
        with acting_as(caller):
            await both_inside.wait()
            return current_caller()

    assert await asyncio.gather(call(ADA), call(BOB)) == [ADA, BOB]


async def test_work_a_call_starts_acts_for_its_caller() -> None:
    async def work() -> Caller:
        return current_caller()

    with acting_as(ADA):
        task = asyncio.create_task(work())
    assert await task is ADA


@pytest.mark.parametrize("role", list(Role))
def test_staff_and_services_may_decide_on_what_others_wrote(role: Role) -> None:
    assert Caller("id", role).is_moderator is (role is not Role.STUDENT)


def test_a_service_is_a_caller_by_its_name() -> None:
    assert Caller.service("content") == Caller("content", Role.SERVICE)
