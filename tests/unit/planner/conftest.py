"""The use cases on fakes."""

from collections.abc import Iterator

import pytest
from fakes.planner.made import NOON
from fakes.planner.store import FakeStore

from planner_service.use_cases.events import Planner
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id


@pytest.fixture
def ada() -> Iterator[Caller]:
    """The student who calls unless a test says otherwise."""
    caller = Caller(new_id(), Role.STUDENT)
    with acting_as(caller):
        yield caller


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def planner(store: FakeStore) -> Planner:
    return Planner(store, lambda: NOON, new_id)
