"""The use cases on fakes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_video
from fakes.community.peers import FakeCatalogue, FakeDirectory, FakeModerator
from fakes.community.store import FakeStore

from community_service.domain.comments import Video
from community_service.domain.phases import Rules
from community_service.use_cases.appeals import Appeals
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.gate import Gate
from community_service.use_cases.mentioning import Mentioning
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
from community_service.use_cases.reporting import Reporting
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import PublicVideos
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id


@pytest.fixture
def ada() -> Iterator[Caller]:
    """The student who calls unless a test says otherwise."""
    caller = Caller(new_id(), Role.STUDENT)
    with acting_as(caller):
        yield caller


@pytest.fixture
def video() -> Video:
    return a_video()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def catalogue(video: Video) -> FakeCatalogue:
    return FakeCatalogue(video)


@pytest.fixture
def moderator() -> FakeModerator:
    return FakeModerator()


@pytest.fixture
def public_videos(store: FakeStore, catalogue: FakeCatalogue) -> PublicVideos:
    return PublicVideos(store.reads, catalogue)


@pytest.fixture
def authors(store: FakeStore) -> Authors:
    return Authors(store.reads, lambda: NOON)


@pytest.fixture
def rules() -> Rules:
    """Tests that write a lot mean nothing by it."""
    return Rules(repeat_window=timedelta(0), rate=0)


@pytest.fixture
def gate(moderator: FakeModerator, rules: Rules) -> Gate:
    return Gate(moderator, rules, lambda: NOON)


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory()


@pytest.fixture
def mentioning(directory: FakeDirectory) -> Mentioning:
    return Mentioning(directory)


@pytest.fixture
def discussion(
    store: FakeStore, public_videos: PublicVideos, gate: Gate, authors: Authors, mentioning: Mentioning
) -> Discussion:
    return Discussion(store, public_videos, gate, authors, mentioning, lambda: NOON, new_id)


@pytest.fixture
def editing(store: FakeStore, gate: Gate, authors: Authors, mentioning: Mentioning) -> Editing:
    return Editing(store, gate, authors, mentioning, lambda: NOON, window=timedelta(hours=1))


@pytest.fixture
def reporting(store: FakeStore) -> Reporting:
    return Reporting(store, lambda: NOON, threshold=3)


@pytest.fixture
def moderation(store: FakeStore) -> Moderation:
    return Moderation(store, lambda: NOON, new_id)


@pytest.fixture
def appeals(store: FakeStore) -> Appeals:
    return Appeals(store, lambda: NOON)


@pytest.fixture
def stars(store: FakeStore, public_videos: PublicVideos, authors: Authors) -> Stars:
    return Stars(store, public_videos, authors, lambda: NOON, own_ratings=False)
