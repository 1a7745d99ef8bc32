"""Writes the configuration the gateway's Envoy runs: the gateway package knows its content, the mesh the addresses."""

from dataclasses import replace
from pathlib import Path

from local_mesh.addresses import API_SERVICES, Addresses
from local_mesh.home import Home
from local_mesh.ports import LOOPBACK
from local_mesh.servers.nats import write_private
from local_mesh.settings import MeshSettings


def path(home: Home) -> Path:
    """Where the file lies."""
    return home.run / "envoy.yaml"


def write(home: Home, settings: MeshSettings, addresses: Addresses) -> None:
    """Write it anew: the ports differ from run to run."""
    import gateway  # loads all contracts: done while the servers start

    chosen = gateway.Settings(
        clusters={name: addresses.of(name) for name in API_SERVICES},
        media_dir=home.media,
        listen_host=LOOPBACK,
        listen_port=addresses.ports["gateway"],
        public_url=settings.public_url or addresses.gateway_url,
        trusted_proxies=settings.gateway_trusted_proxies,
        otlp_endpoint=(settings.otlp_endpoint or "").rpartition("//")[2],
    )
    if settings.gateway_origins:
        chosen = replace(chosen, cors_origins=settings.gateway_origins)
    if settings.gateway_rate is not None:
        chosen = replace(chosen, requests_per_second=settings.gateway_rate, burst=settings.gateway_rate)
    write_private(path(home), gateway.render(chosen))
