"""How an RPC fails, read from its comment: "NOT_FOUND: VIDEO_NOT_FOUND when …" becomes a documented 404."""

import re
from collections.abc import Iterator
from typing import Any

from gateway.contracts import Rpc
from littlemonster.common.v1 import access_pb2

# google.rpc.Code → HTTP, as Envoy converts it.
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_CODES = "|".join(HTTP_STATUS)
_FAILURE = re.compile(rf"\b({_CODES}): (.*?)(?=\s(?:{_CODES}):|\.(?:\s|$))")
_FAILURE_SENTENCE = re.compile(_FAILURE.pattern + r"\.?")


def without_failures(comment: str) -> str:
    """An RPC's comment without what the responses say."""
    return " ".join(_FAILURE_SENTENCE.sub("", comment).split())


def responses(rpc: Rpc) -> dict[str, Any]:
    """OpenAPI responses other than success; the one shape is their only content."""
    by_status: dict[int, list[str]] = {}
    for code, text in _failures(rpc):
        by_status.setdefault(HTTP_STATUS[code], []).append(f"`{code}`: {text}.")
    documented = {str(status): _answer("\n\n".join(by_status[status])) for status in sorted(by_status)}
    return documented | {"default": {"$ref": "#/components/responses/Error"}}


def _failures(rpc: Rpc) -> Iterator[tuple[str, str]]:
    yield "INVALID_ARGUMENT", "the request cannot be read or breaks a constraint; details name the fields"
    if not rpc.is_public:
        yield "UNAUTHENTICATED", "the access token is missing, expired or invalid"
    if rpc.access in (access_pb2.ACCESS_MODERATOR, access_pb2.ACCESS_ADMIN):
        role = access_pb2.Access.Name(rpc.access).removeprefix("ACCESS_").lower()
        yield (
            "PERMISSION_DENIED",
            f"the account is not a {role}" if role == "moderator" else "the account is not an admin",
        )
    yield from _FAILURE.findall(rpc.comment)


def _answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
