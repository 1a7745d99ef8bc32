"""Which loopback port each process of the mesh uses in this run."""

from collections.abc import Iterable, Mapping

from local_mesh.ports import LOOPBACK, claim, free_ports

API_SERVICES = ("auth", "content", "community", "planner", "inference")
WORKERS = ("auth-worker", "content-worker", "community-worker", "planner-worker")
_SERVERS = ("postgres", "nats", "redis", "smtp")


class Addresses:
    """Ports by process name."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = dict(ports)

    @classmethod
    def choose(cls, gateway_port: int, names: Iterable[str] = (*_SERVERS, *API_SERVICES, *WORKERS)) -> "Addresses":
        """Free ports for all, the gateway's as asked for. Raises PortTaken."""
        gateway = claim(gateway_port, "LM_GATEWAY_PORT")
        names = tuple(names)
        ports = [port for port in free_ports(len(names) + 1) if port != gateway]
        return cls({"gateway": gateway, **dict(zip(names, ports, strict=False))})

    def of(self, name: str) -> str:
        """host:port of a process."""
        return f"{LOOPBACK}:{self.ports[name]}"

    @property
    def gateway_url(self) -> str:
        """What clients call."""
        return f"http://{self.of('gateway')}"
