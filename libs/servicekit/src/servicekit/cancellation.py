"""Being told to end, also where a library keeps it to itself."""

import asyncio


def cancelled() -> bool:
    """Whether the task that asks was told to end.

    Loops around libraries ask each time: `asyncio.wait_for` of Python 3.11, which nats-py uses, may answer with a result that
    came at the same moment, and swallow the cancellation. Not for a task that goes on after a TaskGroup of its own has failed:
    Python 3.11 counts that as told to end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
