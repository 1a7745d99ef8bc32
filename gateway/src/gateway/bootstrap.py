"""Fills envoy.yaml, the one configuration of every deployment, with what the settings say."""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml

from gateway.contracts import exposed_services
from gateway.errors import mappers
from gateway.routes import api_routes
from gateway.settings import Settings

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
_HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
# A path whose percent-encoded bytes are well-formed UTF-8 (RFC 3629, section 4).
_HEX, _NEXT = "[0-9A-Fa-f]", "%[89ABab][0-9A-Fa-f]"
_UTF8 = (
    f"([^%]|%[0-7]{_HEX}|%[Cc][2-9A-Fa-f]{_NEXT}|%[Dd]{_HEX}{_NEXT}"
    f"|%[Ee]0%[ABab]{_HEX}{_NEXT}|%[Ee][1-9A-CEFa-cef]({_NEXT}){{2}}|%[Ee][Dd]%[89]{_HEX}{_NEXT}"
    f"|%[Ff]0%[9ABab]{_HEX}({_NEXT}){{2}}|%[Ff][1-3]({_NEXT}){{3}}|%[Ff]4%8{_HEX}({_NEXT}){{2}})*"
)


def render(settings: Settings) -> str:
    """Envoy's bootstrap as YAML."""
    text = resources.files("gateway").joinpath("envoy.yaml").read_text()
    template = yaml.load(text, Loader=yaml.CSafeLoader)
    parts = template.pop("templates")
    bootstrap = _fill(template, _values(settings, parts))
    return yaml.dump(bootstrap, Dumper=_PlainDumper, sort_keys=False, width=120)


class _PlainDumper(yaml.CSafeDumper):
    """Writes shared parts out instead of anchors and aliases: what is printed is what runs."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _values(settings: Settings, parts: Mapping[str, Any]) -> dict[str, Any]:
    headers = _SECURITY_HEADERS | (_HSTS if settings.public_url.startswith("https://") else {})
    limits = {"max_body_bytes": settings.max_body_bytes, "requests_per_second": settings.requests_per_second}
    return limits | {
        "listen": _address(f"{settings.listen_host}:{settings.listen_port}"),
        "utf8": _UTF8,
        "keys_address": _address(f"@littlemonster-gateway-{settings.listen_host}:{settings.listen_port}"),
        "admin": {"address": _address(settings.admin)} if settings.admin else None,
        "keys_kept": f"{settings.keys_kept_seconds}s",
        "trusted_proxies": settings.trusted_proxies,
        "trace_sampling_percent": settings.trace_sampling_percent if settings.otlp_endpoint else 0,
        "otlp_endpoints": [_endpoint(settings.otlp_endpoint)] if settings.otlp_endpoint else [],
        "error_mappers": mappers(limits),
        "cors_origins": [_origin(origin) for origin in settings.cors_origins],
        "api_routes": api_routes(settings.unary_timeout_seconds),
        "services": exposed_services(),
        "service_clusters": [_cluster(parts["service"], name, where) for name, where in settings.clusters.items()],
        "metrics_listeners": [parts["metrics_listener"]] if settings.metrics_port else [],
        "metrics_listen": _address(f"{settings.listen_host}:{settings.metrics_port}"),
        "metrics_clusters": [parts["metrics_cluster"]] if settings.metrics_port else [],
        "admin_address": _address(settings.admin) if settings.admin else None,
        "security_headers": [_set_header(name, value) for name, value in headers.items()],
        "burst": settings.burst,
        "buffer_bytes": max(2 * settings.max_body_bytes, 1 << 20),
        "assets_dir": str(settings.assets_dir),
        "swagger_dir": str(settings.swagger_dir),
        "media_dir": str(settings.media_dir),
    }


def _fill(node: Any, values: Mapping[str, Any]) -> Any:
    """A string that is one placeholder becomes its value, of any type; inside a longer string it becomes text."""
    if isinstance(node, dict):
        filled = {key: _fill(value, values) for key, value in node.items()}
        return {key: value for key, value in filled.items() if value is not None}
    if isinstance(node, list):
        return [filled for item in node for filled in _spliced(item, values)]
    if not isinstance(node, str):
        return node
    if whole := _PLACEHOLDER.fullmatch(node):
        return _fill(values[whole[1]], values)
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), node)


def _spliced(item: Any, values: Mapping[str, Any]) -> list[Any]:
    """A placeholder that stands for a list, as an item of a list, adds its items."""
    filled = _fill(item, values)
    return filled if isinstance(filled, list) and isinstance(item, str) else [filled]


def _cluster(template: Any, name: str, address: str) -> dict[str, Any]:
    cluster: dict[str, Any] = _fill(template, {"name": name, "address": _address(address)})
    return cluster


def _endpoint(address: str) -> dict[str, Any]:
    return {"lb_endpoints": [{"endpoint": {"address": _address(address)}}]}


def _address(address: str) -> dict[str, Any]:
    if address.startswith("@"):
        return {"pipe": {"path": address}}
    if address.startswith("/"):
        return {"pipe": {"path": address, "mode": 0o600}}
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}


def _origin(pattern: str) -> dict[str, Any]:
    if "*" not in pattern:
        return {"exact": pattern}
    return {"safe_regex": {"regex": "[^/]*".join(map(re.escape, pattern.split("*")))}}


def _set_header(name: str, value: str) -> dict[str, Any]:
    return {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
