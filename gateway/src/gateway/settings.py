"""What differs between one deployment's gateway and another's; everything else is the same everywhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import swagger_ui_bundle  # type: ignore[import-untyped]  # has annotations but no py.typed

SERVICES = ("auth", "content", "community", "planner", "inference")
_PACKAGE = Path(str(resources.files("gateway")))
_ORIGIN = re.compile(r"https?://[^\s,/?#@]+")


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
    """Envoy's own interface: a Unix socket's path, "@name" of an abstract one, a loopback "host:port"; empty for none."""
    metrics_port: int = 0
    """Where Prometheus reads Envoy's own counters, at /metrics; 0 for nowhere. Not a port for clients."""
    public_url: str = "http://127.0.0.1:8080"
    """What clients call; https makes the answers carry Strict-Transport-Security."""
    cors_origins: tuple[str, ...] = ("http://localhost:*", "http://127.0.0.1:*")
    """Origins of browser clients, as `origins` reads them; `*` stands for any run of characters except a slash."""
    requests_per_second: int = 100
    """What one client address may call in the long run."""
    burst: int = 200
    """What one client address may call at once."""
    max_body_bytes: int = 1 << 20
    unary_timeout_seconds: float = 15
    keys_kept_seconds: int = 300
    """How long the public keys of access tokens are kept before they are fetched anew."""
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
        if min(self.requests_per_second, self.burst, self.max_body_bytes, self.keys_kept_seconds) < 1:
            raise ValueError("Rates, sizes and times must be positive. Leave them out to take the defaults.")
        if self.trusted_proxies < 0:
            raise ValueError("Proxies are counted from 0. Leave them out when none stands before the gateway.")
        origins(",".join(self.cors_origins))
        admin_host = self.admin.rpartition(":")[0]
        if self.admin and self.admin[0] not in "/@" and admin_host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("Envoy's own interface must stay private. Give a loopback address or a socket's path.")
        if self.metrics_port and not self.admin:
            raise ValueError("Metrics are read from Envoy's own interface. Give it an address, or no port for metrics.")
        for address in (*self.clusters.values(), *([self.otlp_endpoint] if self.otlp_endpoint else [])):
            if not re.fullmatch(r".+:\d{1,5}", address):
                raise ValueError(f"{address!r} is not an address. Write it as host:port.")

    def changed(self, **changes: Any) -> "Settings":
        """A copy with other values."""
        return replace(self, **changes)


def origins(text: str) -> tuple[str, ...]:
    """Those of a list separated by commas. Raises ValueError naming one that no browser sends."""
    found = tuple(origin for each in text.split(",") if (origin := each.strip()))
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin. Write each as https://name or https://name:port.")
    return found


def on_this_machine() -> Settings:
    """The gateway beside services on loopback; a mesh of its own says where each of them is."""
    addresses = {name: f"127.0.0.1:{50051 + number}" for number, name in enumerate(SERVICES)}
    return Settings(clusters=addresses, media_dir=Path("media").resolve())


def in_containers() -> Settings:
    """The gateway of Compose and Kubernetes: services go by name, which a headless service resolves to every pod."""
    return Settings(
        clusters={name: f"{name}:50051" for name in SERVICES},
        media_dir=Path("/media"),
        listen_host="0.0.0.0",  # noqa: S104  # the container's own address; its network says who reaches it
        admin="@littlemonster-gateway-admin",
        metrics_port=9464,
    )
