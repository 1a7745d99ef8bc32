"""Folders in which lessons are made: what each stage leaves there is kept until the lesson is published."""

import shutil
from datetime import datetime
from pathlib import Path

from content_service.domain import Stage


class WorkFolders:
    """The adapter of `ports.Workshop`: one folder a job, and in it one a stage, which appears when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, video_id: str) -> Path:
        """Made when missing. Touched, so that sweeping leaves it alone."""
        folder = self._folder / video_id
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()
        return folder

    def holds(self, video_id: str, stage: Stage) -> bool:
        """A stage's folder gets its name by one rename, after its last file is written."""
        return (self._folder / video_id / stage.value).is_dir()

    def clear(self, video_id: str) -> None:
        """What cannot be removed now is swept later."""
        shutil.rmtree(self._folder / video_id, ignore_errors=True)

    def sweep(self, before: datetime) -> None:
        """Also removes what stages that were killed left half written: it lies inside."""
        for folder in self._folder.glob("*"):
            try:
                old = folder.stat().st_mtime < before.timestamp()
            except FileNotFoundError:  # its worker finished it meanwhile
                continue
            if old:
                shutil.rmtree(folder, ignore_errors=True)
