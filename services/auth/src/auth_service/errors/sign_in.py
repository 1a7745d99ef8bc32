"""Failures of signing in and staying so."""

from datetime import timedelta

from servicekit.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated


class CredentialsInvalid(Unauthenticated):
    """The address is unknown or the password is wrong; which of the two is never said."""

    reason = "CREDENTIALS_INVALID"
    message = "The e-mail address or the password is wrong. Check both and try again."


class EmailNotVerified(FailedPrecondition):
    """The password is that of a registration whose address was never confirmed."""

    reason = "EMAIL_NOT_VERIFIED"
    message = (
        "Confirm your e-mail address first: send the token from the verification mail to POST /v1/auth/verify-email, "
        "or ask for another mail with POST /v1/auth/resend-verification."
    )


class FreshSignInNeeded(PermissionDenied):
    """The access token is good, but what it asks for wants proof that its bearer is the person."""

    reason = "FRESH_SIGN_IN_NEEDED"
    message = (
        "This needs proof that it is you, not older than five minutes: send your password, or a code when you have a "
        "one-time-code app, to POST /v1/auth/reauthenticate, then try again."
    )


class TooManyAttempts(ResourceExhausted):
    """Too many failed sign-ins, renewals or calls that are written down, of one account or session, or calls from one network or
    for one archive; `retry_after` says when to come back."""

    reason = "TOO_MANY_ATTEMPTS"
    message = "Too many attempts came from here, or for this account. Wait {seconds} seconds and try again."

    @classmethod
    def after(cls, wait: timedelta) -> "TooManyAttempts":
        """The refusal that says how long to wait."""
        return cls(retry_after=wait, seconds=str(max(1, round(wait.total_seconds()))))


class RefreshTokenInvalid(Unauthenticated):
    """The refresh token is unknown, or its session has ended or expired."""

    reason = "REFRESH_TOKEN_INVALID"
    message = "That refresh token is unknown or its session has ended. Sign in again with POST /v1/auth/login."


class RefreshTokenReused(Unauthenticated):
    """A spent refresh token came back: somebody has a copy, so the whole session was ended."""

    reason = "REFRESH_TOKEN_REUSED"
    message = (
        "That refresh token was used before, so somebody may have a copy, and its session has been ended. "
        "Sign in again with POST /v1/auth/login."
    )


class SessionNotFound(NotFound):
    """The caller has no living session with that id."""

    reason = "SESSION_NOT_FOUND"
    message = "You have no session {session}. See those you have with GET /v1/auth/sessions."
