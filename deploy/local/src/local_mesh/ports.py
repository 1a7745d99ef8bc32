"""Loopback ports: free ones for the mesh's own servers, and an honest answer when one is taken."""

import random
import socket
from pathlib import Path

from local_mesh.errors import MeshError, PortForbidden, PortTaken

LOOPBACK = "127.0.0.1"
_LOWEST = 15_000
# Not Python's own sequence: processes that seed it alike would all choose the same ports.
_RANDOM = random.SystemRandom()
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    try:
        _listen(port)
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """That many different free ports, below the range the kernel hands to outgoing connections.

    A port inside that range could be lost to a client socket between this answer and the server's bind.
    """
    candidates = list(range(_LOWEST, _lowest_ephemeral()))
    _RANDOM.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise MeshError("No free ports are left on 127.0.0.1. Stop some programs that listen there, then try again.")


def claim(port: int, variable: str) -> int:
    """The port itself when free, a free one for 0.

    Raises PortTaken or PortForbidden, naming the environment variable to change.
    """
    if port == 0:
        return free_ports(1)[0]
    try:
        _listen(port)
    except PermissionError:
        raise PortForbidden(port, variable) from None
    except OSError:
        raise PortTaken(port, variable) from None
    return port


def _listen(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        probe.listen(1)


def _lowest_ephemeral() -> int:
    try:
        return int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
