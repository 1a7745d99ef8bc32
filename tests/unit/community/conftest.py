"""The use cases on fakes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_video
from fakes.community.peers import FakeCatalogue, FakeModerator
from fakes.community.store import FakeStore

from community_service.domain.comments import Video
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
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
def discussion(store: FakeStore, public_videos: PublicVideos, moderator: FakeModerator) -> Discussion:
    return Discussion(store, public_videos, moderator, lambda: NOON, new_id)


@pytest.fixture
def editing(store: FakeStore, moderator: FakeModerator) -> Editing:
    return Editing(store, moderator, lambda: NOON, window=timedelta(hours=1))


@pytest.fixture
def moderation(store: FakeStore) -> Moderation:
    return Moderation(store, lambda: NOON, new_id)


@pytest.fixture
def stars(store: FakeStore, public_videos: PublicVideos) -> Stars:
    return Stars(store, public_videos, lambda: NOON, own_ratings=False)
