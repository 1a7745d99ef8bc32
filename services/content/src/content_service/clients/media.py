"""The media folder: what is being made lies beside it, what is finished appears in it at once."""

import contextlib
import shutil
from pathlib import Path


class MediaFolder:
    """The adapter of `ports.Media` for a local folder, which the gateway serves below /media/."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = folder.parent / f".{folder.name}-making"

    def workspace(self, video_id: str) -> Path:
        """A folder on the same file system, so that publishing is one rename."""
        workspace = self._making / video_id
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True)
        return workspace

    def show(self, video_id: str, *, visible: bool) -> None:
        """One rename between the folder that is served and the one beside it."""
        shown, hidden = self._folder / video_id, self._making / f"{video_id}.withdrawn"
        source, target = (hidden, shown) if visible else (shown, hidden)
        self._making.mkdir(parents=True, exist_ok=True)
        if source.exists() and not target.exists():
            source.rename(target)

    def remove(self, video_id: str) -> None:
        """Out of sight by one rename, then deleted: a viewer never meets half a folder."""
        shutil.rmtree(self._making / f"{video_id}.withdrawn", ignore_errors=True)
        grave = self._making / f"{video_id}.removed"
        shutil.rmtree(grave, ignore_errors=True)
        self._making.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (self._folder / video_id).rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def publish(self, video_id: str, workspace: Path) -> None:
        """A rename cannot replace a folder that has files, so an earlier one goes first."""
        target = self._folder / video_id
        shutil.rmtree(target, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        workspace.rename(target)
