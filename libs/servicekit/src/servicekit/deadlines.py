"""How long a handler may work. Pure: the edge asks."""

from servicekit.caller import Caller, Role

LONGEST_SECONDS = 14.0
"""For whoever comes through the gateway, which waits 15, and for a service that states no deadline."""

_SLICE_TO_ANSWER = 0.05


def seconds_to_work(caller: Caller | None, remaining: float | None) -> float:
    """Seconds the handler has, of the `remaining` ones its caller waits (None: not stated): all but a slice to answer in.

    A service of the mesh calls past the gateway and knows how long its work may take, such as writing a script.
    """
    if remaining is None:
        return LONGEST_SECONDS
    of_service = caller is not None and caller.role is Role.SERVICE
    allowed = remaining if of_service else min(remaining, LONGEST_SECONDS)
    return max(allowed - _SLICE_TO_ANSWER, 0.0)
