"""The media folder: what is being made lies beside it, what is finished appears in it at once."""

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

    def publish(self, video_id: str, workspace: Path) -> None:
        """A rename cannot replace a folder that has files, so an earlier one goes first."""
        target = self._folder / video_id
        shutil.rmtree(target, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        workspace.rename(target)
