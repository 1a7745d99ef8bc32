"""A lesson rendered as the worker's renderer does it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from content_service.lesson.render import perform
from content_service.lesson.result import Rendered, load
from content_service.lesson.script import Script

STAGES = ("voice", "slides", "render")


@dataclass(frozen=True)
class Made:
    """A lesson that is made: its files' folder, what was answered, and the progress that was told."""

    folder: Path
    rendered: Rendered
    progress: list[tuple[str, float]]

    @property
    def video(self) -> str:
        return str(self.folder / self.rendered.video)


def scenes_of(script: Script, *numbers: int) -> Script:
    """The lesson of these scenes alone, from 0. Where its key points are taught is left out with the others."""
    return replace(script, scenes=tuple(script.scenes[number] for number in numbers), key_point_places=())


def render(script: Script, folder: Path, progress: Callable[[str, float], None]) -> Rendered:
    """All stages, one after the other."""
    return load([perform(stage, script, folder, progress) for stage in STAGES][-1])


def make(script: Script, folder: Path) -> Made:
    """The whole lesson in `folder`."""
    progress: list[tuple[str, float]] = []
    rendered = render(script, folder, lambda stage, done: progress.append((stage, done)))
    return Made(folder / "render", rendered, progress)
