"""Expected failures, by what the caller can do about them. Pure: rules and use cases raise these, the edge translates them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar


class ServiceError(Exception):
    """A failure the caller may meet. Subclass one of the kinds below, never this class.

    `reason` is UPPER_SNAKE_CASE, part of the interface, never renamed. `message` is a template filled from the metadata;
    it says what happened and ends with what to do. Both reach the client, the metadata as well.
    """

    reason: ClassVar[str] = "INTERNAL"
    message: ClassVar[str] = (
        "Something went wrong on our side. Try again; if it happens again, give support the trace id."
    )

    def __init__(
        self,
        *,
        fields: Mapping[str, str] | None = None,
        retry_after: timedelta | None = None,
        detail: str | None = None,
        **metadata: str,
    ) -> None:
        self.fields = dict(fields or {})
        self.retry_after = retry_after
        self.metadata = metadata
        self.detail = detail if detail is not None else self.message.format_map(_Gaps(metadata))
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.detail


class _Gaps(dict[str, str]):
    """A template never fails for a missing value: an error about an error helps nobody."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class InvalidArgument(ServiceError):
    """The request is wrong whatever the state of the system."""

    reason = "INVALID_ARGUMENT"
    message = "The request is not valid. Correct the fields named in the details and send it again."


class FailedPrecondition(ServiceError):
    """The request is fine but the system is not in the state it needs; retrying alone does not help."""

    reason = "FAILED_PRECONDITION"


class OutOfRange(ServiceError):
    """The request asks for something past the end."""

    reason = "OUT_OF_RANGE"


class Unauthenticated(ServiceError):
    """Nobody, or nobody we can verify, is calling."""

    reason = "UNAUTHENTICATED"
    message = "Sign in first: send 'Authorization: Bearer <accessToken>' with a token from POST /v1/auth/login."


class SessionRevoked(Unauthenticated):
    """The token is ours and has not expired, but its session was ended."""

    reason = "SESSION_REVOKED"
    message = "This session was ended. Sign in again with POST /v1/auth/login."


class PermissionDenied(ServiceError):
    """The caller is known and may not do this."""

    reason = "PERMISSION_DENIED"
    message = "This needs the role {role}. Ask an administrator if you should have it."


class NotFound(ServiceError):
    """It does not exist, or the caller must not know that it does."""

    reason = "NOT_FOUND"


class AlreadyExists(ServiceError):
    """It exists already."""

    reason = "ALREADY_EXISTS"


class Aborted(ServiceError):
    """Somebody else changed it first; read again and retry."""

    reason = "ABORTED"


class ResourceExhausted(ServiceError):
    """A limit is reached; `retry_after` says when to come back."""

    reason = "RESOURCE_EXHAUSTED"


class Unavailable(ServiceError):
    """A part of the system is down; the same request may succeed in a moment."""

    reason = "UNAVAILABLE"
    message = "The {service} service does not answer. Try again in a moment."


class DeadlineExceeded(ServiceError):
    """The work did not finish in the time the caller gave."""

    reason = "DEADLINE_EXCEEDED"
    message = "The answer was not ready in time. Try again, or allow more time."


class Unimplemented(ServiceError):
    """The contract has it, this release does not."""

    reason = "NOT_IMPLEMENTED"
    message = "{method} is not part of this release. GET /docs shows what is."


class Internal(ServiceError):
    """A bug. Only what a caller may know: the cause is in the log under the same trace id."""

    reason = "INTERNAL"
