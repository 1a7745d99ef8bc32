"""What the use cases need from outside."""

from content_service.ports.making import Judge, Renderer, ScriptWriter, StageProgress, Workshop
from content_service.ports.media import Media, MediaLinks
from content_service.ports.progress import Announcer, Follower
from content_service.ports.reads import Reads, Search
from content_service.ports.work import UnitOfWork, Work

__all__ = [
    "Announcer",
    "Follower",
    "Judge",
    "Media",
    "MediaLinks",
    "Reads",
    "Renderer",
    "ScriptWriter",
    "Search",
    "StageProgress",
    "UnitOfWork",
    "Work",
    "Workshop",
]
