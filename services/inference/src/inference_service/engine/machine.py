"""What this machine offers to models, inside a container or not."""

import os
from pathlib import Path

from inference_service.domain.models import MEBIBYTE, Machine

_SHARE = 2
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def this_machine(memory_mib: int | None, context: int, places: int) -> Machine:
    """`memory_mib` for models, or half of what the machine or the container has; the cores this process may run on."""
    memory = memory_mib * MEBIBYTE if memory_mib else _memory_bytes() // _SHARE
    return Machine(memory, len(os.sched_getaffinity(0)), context, places)


def _memory_bytes() -> int:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _CGROUP.read_text(encoding="ascii").strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdecimal() else physical
