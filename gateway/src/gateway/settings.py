"""What differs between one deployment's gateway and another's; everything else is the same everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType

import swagger_ui_bundle

SERVICES = ("auth", "content", "community", "planner", "inference")
_PACKAGE = Path(str(resources.files("gateway")))


@dataclass(frozen=True, slots=True)
class Settings:
    """One gateway. Paths must exist on the machine Envoy runs on; addresses are "host:port"."""

    clusters: Mapping[str, str]
    """Where each of the five services listens; a name is resolved again and again and all its addresses are used."""
    media_dir: Path
    """What lies behind /media/{videoId}/…; only mp4, webp and vtt files in folders named by a UUID are served."""
    listen_host: str = "127.0.0.1"
    listen_port: int = 8080
    admin: str = ""
    """Envoy's own interface: a Unix socket's path or a loopback "host:port"; empty for none."""
    public_url: str = "http://127.0.0.1:8080"
    """What clients call; https makes the answers carry Strict-Transport-Security."""
    cors_origins: tuple[str, ...] = ("http://localhost:*", "http://127.0.0.1:*")
    """Origins of browser clients; `*` stands for any run of characters except a slash."""
    requests_per_second: int = 100
    """What one client address may call in the long run."""
    burst: int = 200
    """What one client address may call at once."""
    max_body_bytes: int = 1 << 20
    unary_timeout_seconds: float = 15
    trusted_proxies: int = 0
    """How many proxies of ours stand before this one, so that their X-Forwarded-For is believed."""
    otlp_endpoint: str = ""
    """Where spans go by OTLP over gRPC, "host:port"; empty exports none, yet every request has a trace id."""
    trace_sampling_percent: float = 100
    assets_dir: Path = _PACKAGE
    """Where api.binpb, openapi.json and docs/ lie: this package, wherever it is installed."""
    swagger_dir: Path = field(default=Path(swagger_ui_bundle.swagger_ui_path))
    """Where the files of Swagger UI lie."""

    def __post_init__(self) -> None:
        if set(self.clusters) != set(SERVICES):
            raise ValueError(f"The clusters must be {', '.join(SERVICES)}. Got {', '.join(self.clusters) or 'none'}.")
        if min(self.requests_per_second, self.burst, self.max_body_bytes) < 1:
            raise ValueError("Rates and sizes must be positive. Leave them out to take the defaults.")
        admin_host = self.admin.rpartition(":")[0]
        if self.admin and not self.admin.startswith("/") and admin_host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("Envoy's own interface must stay private. Give a loopback address or a socket's path.")
        object.__setattr__(self, "clusters", MappingProxyType(dict(self.clusters)))


def in_containers(**overrides: object) -> Settings:
    """The gateway of Compose and Kubernetes: services are found by name, which a headless service resolves to every pod."""
    defaults: dict[str, object] = {
        "clusters": {name: f"{name}:50051" for name in SERVICES},
        "media_dir": Path("/media"),
        "listen_host": "0.0.0.0",
        "admin": "/tmp/envoy-admin.sock",
    }
    return Settings(**(defaults | overrides))  # type: ignore[arg-type]  # a command line's values, checked above
