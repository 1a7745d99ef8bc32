"""What makes a lesson: judged, written, checked, spoken, drawn and filmed."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from content_service.domain import (
    Job,
    Stage,
)
from content_service.lesson.result import Rendered
from content_service.lesson.script import Script, Subject

StageProgress = Callable[[Stage, float], None]


class Judge(Protocol):
    """Decides whether a topic may and can become a lesson. The answers are JSON, to keep."""

    async def validate(self, topic: str, subject: Subject) -> bytes:
        """The topic's `title` and `aliases` in the curriculum. Raises TopicNotSupported, or Unavailable when nobody can judge."""
        ...

    async def moderate(self, topic: str, subject: Subject, author: str) -> bytes:
        """The judgement and the policy's version, in the turn of the account `author`.

        Raises TopicRejected, or Unavailable when nobody can judge now.
        """
        ...


class ScriptWriter(Protocol):
    """Writes lessons."""

    async def write(self, job: Job) -> bytes:
        """The script as bytes to keep, in the turn of the job's owner; one of a batch waits behind single ones.

        Raises TopicNotSupported, or Unavailable.
        """
        ...

    async def check(self, script: bytes) -> bytes:
        """What was found in a script that may be spoken, as JSON to keep. Raises ScriptRefused, or Unavailable."""
        ...

    def read(self, script: bytes) -> tuple[Script, dict[str, object]]:
        """What `write` answered, as a script and its provenance."""
        ...


class Renderer(Protocol):
    """Speaks, draws and films a lesson, each stage from what those before it left in the job's folder."""

    async def perform(self, stage: Stage, script: Script, folder: Path, progress: StageProgress) -> bytes:
        """JSON about the files that now lie in the folder, to keep. Raises LessonError, or RendererCrashed."""
        ...

    def rendered(self, artifact: bytes) -> Rendered:
        """What `perform` answered for RENDER."""
        ...


class Workshop(Protocol):
    """Folders in which lessons are made, out of everybody's sight."""

    def folder(self, video_id: str) -> Path:
        """The job's folder, with what its earlier attempts left. Raises OSError."""
        ...

    def holds(self, video_id: str, stage: Stage) -> bool:
        """Whether the files of the stage are there, whole."""
        ...

    def clear(self, video_id: str) -> None:
        """Removes the job's folder; a repeat changes nothing."""
        ...

    def sweep(self, before: datetime) -> None:
        """Removes folders in which nothing was done since `before`."""
        ...
