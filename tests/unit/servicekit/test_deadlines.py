"""How long a handler may work for whom."""

import pytest

from servicekit.caller import Caller, Role
from servicekit.deadlines import LONGEST_SECONDS, seconds_to_work

SERVICE = Caller.service("content")
ADMIN = Caller("ada", Role.ADMIN)


@pytest.mark.parametrize("caller", [None, ADMIN])
def test_nobody_beyond_the_gateway_gets_longer_than_the_gateway_waits(caller: Caller | None) -> None:
    assert seconds_to_work(caller, 60.0) < LONGEST_SECONDS


def test_a_service_gets_all_the_time_it_states() -> None:
    assert 59.0 < seconds_to_work(SERVICE, 60.0) < 60.0


@pytest.mark.parametrize("caller", [None, ADMIN, SERVICE])
def test_who_states_no_deadline_gets_the_longest(caller: Caller | None) -> None:
    assert seconds_to_work(caller, None) == LONGEST_SECONDS


@pytest.mark.parametrize("caller", [None, ADMIN, SERVICE])
def test_a_slice_is_kept_to_answer_in_while_the_caller_still_waits(caller: Caller | None) -> None:
    assert 4.0 < seconds_to_work(caller, 5.0) < 5.0


@pytest.mark.parametrize("caller", [None, ADMIN, SERVICE])
def test_who_waits_no_more_gets_no_time_rather_than_less_than_none(caller: Caller | None) -> None:
    assert seconds_to_work(caller, -1.0) == 0.0
