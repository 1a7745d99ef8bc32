"""Every error that Envoy answers by itself, and the local-reply mappers that give it the API's one shape."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from string import Template
from typing import Any

from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "littlemonster"
_WHAT_ENVOY_SAYS = " %LOCAL_REPLY_BODY%"
_TYPE = "type.googleapis.com/google.rpc."


@dataclass(frozen=True, slots=True)
class GatewayError:
    """One failure. `when` is for the documentation; `on` is the range of HTTP statuses Envoy would answer with."""

    reason: str
    status: int
    code: int
    message: str
    when: str
    on: tuple[int, int]
    details: str = ""
    """A CEL expression over response.code_details that narrows `on`."""
    retry_seconds: int = 0
    headers: tuple[tuple[str, str], ...] = ()


def _token(reason: str, message: str, when: str, details: str = "") -> GatewayError:
    challenge = (
        "www-authenticate",
        f'Bearer realm="littlemonster", error="invalid_token", error_description="{reason}"',
    )
    if reason == "TOKEN_MISSING":  # RFC 6750: a request without credentials is told no error code
        challenge = ("www-authenticate", 'Bearer realm="littlemonster"')
    return GatewayError(reason, 401, 16, message, when, (401, 403), details, headers=(challenge,))


# The order matters: the first that fits answers.
ERRORS = (
    _token(
        "TOKEN_MISSING",
        "This call needs an account. Sign in with POST /v1/auth/login and send Authorization: Bearer <accessToken>.",
        "No `Authorization: Bearer` header on a call that needs one.",
        "response.code_details.contains('Jwt_is_missing')",
    ),
    _token(
        "TOKEN_EXPIRED",
        "The access token has expired. Exchange the refresh token with POST /v1/auth/refresh.",
        "The token's time is over.",
        "response.code_details.contains('Jwt_is_expired')",
    ),
    GatewayError(
        "SIGNING_KEYS_UNAVAILABLE",
        503,
        14,
        "Access tokens cannot be checked just now. Try again in a second.",
        "The gateway has not got the public keys from the auth service yet.",
        (401, 401),
        "response.code_details.contains('Jwks_remote_fetch')",
        retry_seconds=1,
    ),
    _token(
        "TOKEN_INVALID",
        "The access token is not one of ours. Sign in again with POST /v1/auth/login.",
        "A forged, damaged or foreign token on a call that needs one; public calls take it for none.",
        "response.code_details.startsWith('jwt_authn_access_denied')",
    ),
    GatewayError(
        "MEDIA_NOT_FOUND",
        404,
        5,
        "There is no such file. Take videoUrl, thumbnailUrl and captionsUrl from GET /v1/videos/{videoId}.",
        "A path below `/media/` without a file.",
        (404, 404),
        "request.path.startsWith('/media/')",
    ),
    GatewayError(
        "PATH_NOT_FOUND",
        404,
        5,
        "There is nothing at this path. See /docs for every path.",
        "No RPC has this path.",
        (404, 404),
    ),
    GatewayError(
        "METHOD_NOT_ALLOWED",
        405,
        12,
        "This path does not take this method. The Allow header names those it takes.",
        "The path exists with another verb.",
        (405, 405),
    ),
    GatewayError(
        "REQUEST_TIMEOUT",
        408,
        4,
        "The request arrived too slowly. Send it again at once and whole.",
        "Headers or body did not arrive in time.",
        (408, 408),
    ),
    GatewayError(
        "BODY_TOO_LARGE",
        413,
        8,
        "The body is larger than $max_body_bytes bytes. Send less at once.",
        "The request's body is over the limit.",
        (413, 413),
    ),
    GatewayError(
        "RANGE_NOT_SATISFIABLE",
        416,
        11,
        "The file has no such bytes. Ask for a range inside it.",
        "A `Range` beyond the end of a media file.",
        (416, 416),
    ),
    GatewayError(
        "RATE_LIMITED",
        429,
        8,
        "Too many requests from this address. Wait a second, then send fewer than $requests_per_second a second.",
        "One client address calls too often.",
        (429, 429),
        retry_seconds=1,
    ),
    GatewayError(
        "HEADERS_TOO_LARGE",
        431,
        8,
        "The headers or the path are too large. Send fewer or shorter ones.",
        "More than 32 KiB or 100 headers.",
        (431, 431),
    ),
    GatewayError(
        "UPSTREAM_TIMEOUT",
        504,
        4,
        "The service took too long. Try again; a create with the same requestId has no second effect.",
        "A unary call was not answered in 15 s.",
        (504, 504),
    ),
    GatewayError(
        "SERVICE_UNAVAILABLE",
        503,
        14,
        "The service behind this path cannot be reached. Try again in a few seconds.",
        "The service is down, restarting, overloaded, or died with the call in flight.",
        (502, 503),
        retry_seconds=2,
    ),
    GatewayError(
        "TRANSFER_ENCODING_UNKNOWN",
        501,
        12,
        "The body is wrapped in a way that is not understood. Send it with Content-Length, or Transfer-Encoding: chunked.",
        "A `Transfer-Encoding` other than `chunked`.",
        (501, 501),
    ),
    GatewayError(
        "GATEWAY_FAILED",
        500,
        13,
        "The answer could not be passed on. Report the x-request-id of this response.",
        "Anything else that goes wrong inside the gateway.",
        (500, 599),
    ),
    GatewayError(
        "MALFORMED_REQUEST",
        400,
        3,
        "The request cannot be read; compare it with /openapi.json." + _WHAT_ENVOY_SAYS,
        "Invalid JSON, an unknown enum value, a query parameter that is unknown or belongs into path or body, a wrong type, "
        "an illegal path or header.",
        (400, 499),
    ),
)


def mappers(limits: Mapping[str, int]) -> list[dict[str, Any]]:
    """Envoy's `local_reply_config.mappers`: for each error how gRPC clients and how REST clients get it."""
    told = [replace(error, message=Template(error.message).substitute(limits)) for error in ERRORS]
    return [mapper for error in told for mapper in (_for_grpc(error), _for_rest(error))]


def body(error: GatewayError) -> dict[str, Any]:
    """The one shape, as a REST client reads it."""
    info = {"@type": f"{_TYPE}ErrorInfo", "reason": error.reason, "domain": DOMAIN, "metadata": {}}
    details: list[dict[str, Any]] = [info]
    if error.retry_seconds:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{error.retry_seconds}s"})
    return {"code": error.code, "message": error.message, "details": details}


def _for_rest(error: GatewayError) -> dict[str, Any]:
    return {
        "filter": _all_of(*_conditions(error)),
        "status_code": error.status,
        "body_format_override": {"json_format": body(error), "content_type": "application/json"},
        # A lesson's film is missing until it is made; whoever asked too early may ask again.
        "headers_to_add": [*_headers(error), _header("cache-control", "no-store")],
    }


def _for_grpc(error: GatewayError) -> dict[str, Any]:
    # A transcoded request looks like gRPC from the transcoder on, but keeps its first path in a header of its own.
    native = (
        {"header_filter": {"header": {"name": "content-type", "string_match": {"prefix": "application/grpc"}}}},
        {"header_filter": {"header": {"name": "x-envoy-original-path", "present_match": False}}},
    )
    message = error.message.removesuffix(_WHAT_ENVOY_SAYS)  # the encoded status must say the same
    status = status_pb2.Status(code=error.code, message=message, details=list(_packed(error)))
    details = base64.b64encode(status.SerializeToString()).decode().rstrip("=")
    trailers = {"grpc-status": str(error.code), "grpc-message": message, "grpc-status-details-bin": details}
    return {
        "filter": _all_of(*native, *_conditions(error)),
        "status_code": 200,
        # gRPC-Web would take a body for a message.
        "body_format_override": {"text_format_source": {"inline_string": ""}},
        "headers_to_add": [*_headers(error), *(_header(name, value) for name, value in trailers.items())],
    }


def _packed(error: GatewayError) -> Iterator[any_pb2.Any]:
    messages: list[error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    ]
    if error.retry_seconds:
        delay = duration_pb2.Duration(seconds=error.retry_seconds)
        messages.append(error_details_pb2.RetryInfo(retry_delay=delay))
    for message in messages:
        packed = any_pb2.Any()
        packed.Pack(message)
        yield packed


def _conditions(error: GatewayError) -> Iterator[dict[str, Any]]:
    low, high = error.on
    yield _status_is("GE", low)
    yield _status_is("LE", high)
    if error.details:
        cel = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
        yield {
            "extension_filter": {
                "name": "envoy.access_loggers.extension_filters.cel",
                "typed_config": {"@type": cel, "expression": error.details},
            }
        }


def _status_is(op: str, status: int) -> dict[str, Any]:
    value = {"default_value": status, "runtime_key": "gateway.unused"}
    return {"status_code_filter": {"comparison": {"op": op, "value": value}}}


def _all_of(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"and_filter": {"filters": list(filters)}}


def _headers(error: GatewayError) -> Iterator[dict[str, Any]]:
    for name, value in error.headers:
        yield _header(name, value)
    if error.retry_seconds:
        yield _header("retry-after", str(error.retry_seconds))


def _header(name: str, value: str) -> dict[str, Any]:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
