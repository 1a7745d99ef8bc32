"""The route table, made from the contracts: each path and verb goes to the service that owns the RPC."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from gateway.contracts import Rpc, rpcs
from gateway.queries import Refusal, refusal

_HTTP = "type.googleapis.com/envoy.extensions.filters.http"
_TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
_NOT_MODIFIED = "envoy.filters.http.lua"
_NEVER = {"numerator": 0}
_UNTRACED = {"client_sampling": _NEVER, "random_sampling": _NEVER, "overall_sampling": _NEVER}
_OFF = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
_FOR_ANY_ORIGIN = {"header": {"key": "access-control-allow-origin", "value": "*"}}
# What gRPC says beside a message. In a REST request it is the client's invention: a time that is no time, or a packing that
# nothing is packed with, would fail in the service's library as if the fault were ours.
_OF_GRPC = [
    *("grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "grpc-status", "grpc-message", "grpc-retry-pushback-ms"),
    *("grpc-internal-encoding-request", "grpc-previous-rpc-attempts", "lb-token"),
]
# Safe for every verb: the request has not reached the service.
_RETRY_UNSENT = "connect-failure,refused-stream"
_STREAM_IDLE = "3600s"


def api_routes(unary_timeout_seconds: float) -> list[dict[str, Any]]:
    """REST routes, each after what it refuses, 405 for other verbs on their paths, then gRPC and gRPC-Web."""
    exposed = [rpc for rpc in rpcs() if rpc.is_exposed]
    rest = sorted((rpc for rpc in exposed if rpc.path), key=_most_specific_first)
    timeout = f"{unary_timeout_seconds}s"
    routes: list[dict[str, Any]] = []
    for path, group in groupby(rest, key=lambda rpc: rpc.path):
        same_path = list(group)
        routes += [_query_refused(rpc, refused) for rpc in same_path if (refused := refusal(rpc))]
        routes += [_rest_route(rpc, timeout) for rpc in same_path]
        routes.append(_method_not_allowed(path, sorted({rpc.verb for rpc in same_path})))
    return routes + [_grpc_route(rpc, timeout) for rpc in exposed]


def _most_specific_first(rpc: Rpc) -> tuple[bool, bool, str]:
    """A path without variables is compared faster and wins over one that would swallow it.

    Patterns are tried one after the other, so those of a video, which is what most calls are about, come first.
    """
    return "{" in rpc.path, not rpc.path.startswith("/v1/videos/{"), rpc.path


def _rest_route(rpc: Rpc, timeout: str) -> dict[str, Any]:
    route = _route(rpc, _path_match(rpc.path) | {"headers": [_method_is(rpc.verb)]}, timeout)
    return route | {"request_headers_to_remove": _OF_GRPC}


def _grpc_route(rpc: Rpc, timeout: str) -> dict[str, Any]:
    return _route(rpc, {"path": rpc.grpc_path, "headers": [_method_is("POST")]}, timeout)


def _route(rpc: Rpc, match: dict[str, Any], timeout: str) -> dict[str, Any]:
    action: dict[str, Any] = {"cluster": rpc.cluster, "timeout": timeout, "retry_policy": _retries(rpc)}
    if rpc.server_streaming:
        action |= {"timeout": "0s", "idle_timeout": _STREAM_IDLE}
    access = {
        "@type": f"{_HTTP}.jwt_authn.v3.PerRouteConfig",
        "requirement_name": "public" if rpc.is_public else "account",
    }
    route = {
        "name": rpc.full_name,
        "match": match,
        "decorator": {"operation": f"{rpc.service}/{rpc.name}", "propagate": False},
        "route": action,
        "typed_per_filter_config": {"envoy.filters.http.jwt_authn": access},
    }
    if not rpc.server_streaming:  # a stream's time is not how long anybody waits
        route["stat_prefix"] = rpc.cluster
    return _for_files(route) if rpc.answers_file else route


def _for_files(route: dict[str, Any]) -> dict[str, Any]:
    """A file may answer that it has not changed; and as its path may hold a secret, no span tells it."""
    filters = route["typed_per_filter_config"] | {
        _NOT_MODIFIED: {"@type": f"{_HTTP}.lua.v3.LuaPerRoute", "name": "code"}
    }
    return route | {"typed_per_filter_config": filters, "tracing": _UNTRACED}


def _retries(rpc: Rpc) -> dict[str, Any]:
    again = _RETRY_UNSENT
    if rpc.verb == "GET" and not rpc.server_streaming:
        again += ",unavailable"
    return {"retry_on": again, "num_retries": 1}


def _query_refused(rpc: Rpc, refused: Refusal) -> dict[str, Any]:
    has_query = {"name": ":path", "string_match": {"contains": "?"}}  # decides for most calls without the pattern
    matches = {"name": ":path", "string_match": {"safe_regex": {"regex": refused.pattern}}}
    return {
        "match": _path_match(rpc.path) | {"headers": [_method_is(rpc.verb), has_query, matches]},
        "direct_response": {"status": 400, "body": {"inline_string": refused.told}},
        "tracing": _UNTRACED,
        "response_headers_to_add": [_FOR_ANY_ORIGIN],
        "typed_per_filter_config": {_TRANSCODER: _OFF},
    }


def _method_not_allowed(path: str, verbs: list[str]) -> dict[str, Any]:
    allow = {"header": {"key": "allow", "value": ", ".join(verbs)}}
    return {
        "match": _path_match(path),
        "direct_response": {"status": 405},
        "tracing": _UNTRACED,
        "response_headers_to_add": [allow, _FOR_ANY_ORIGIN],
        "typed_per_filter_config": {_TRANSCODER: _OFF},
    }


def _path_match(path: str) -> dict[str, Any]:
    if "{" not in path:
        return {"path": path}
    return {"safe_regex": {"regex": "".join(_pieces(path))}}


def _pieces(path: str) -> Iterator[str]:
    """A variable is one segment of unreserved characters, so that an unknown `:verb` is an unknown path."""
    for piece in re.split(r"(\{[^}]*\})", path):
        yield "[A-Za-z0-9._~-]+" if piece.startswith("{") else re.escape(piece)


def _method_is(verb: str) -> dict[str, Any]:
    return {"name": ":method", "string_match": {"exact": verb}}
