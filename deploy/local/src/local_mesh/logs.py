"""Bounded log files: a process appends to its file directly, the supervisor cuts it when it grows too long."""

import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024**2


def rotate(log: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Move an over-long log's text to `<name>.1` and empty it in place; whether that was needed.

    Emptied, not renamed: the process holds the file open in append mode and so goes on at its new start.
    """
    try:
        if log.stat().st_size <= max_bytes:
            return False
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        with log.open("r+b") as file:
            file.truncate()
    except OSError:  # the disk is full: a log is not worth a mesh; the next round tries again
        return False
    return True
