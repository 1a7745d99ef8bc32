"""Finished lessons, held by hard links: films never change, but one may be withdrawn or deleted while others are being copied."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Beside the folder that is served lie, out of sight, the lessons that were withdrawn.
FOLDERS = ("media", ".media-withdrawn")
_UNFINISHED = "#"  # what the store is still writing has this in its name


def hold(home: Path, staged: Path) -> None:
    """Link every file that is there now; one that was linked before stays, although it may be gone by now."""
    for name in FOLDERS:
        for source in _files(home / name):
            target = staged / name / source.relative_to(home / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError, FileNotFoundError):
                _hold(source, target)


def _hold(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # the media lie on another disk, or on one without links
        shutil.copyfile(source, target)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names if _UNFINISHED not in name)
