"""Failures about second factors."""

from servicekit.errors import FailedPrecondition, InvalidArgument, Unauthenticated


class MfaTokenInvalid(Unauthenticated):
    """The token is unknown, too old, used, or too many wrong codes came with it."""

    reason = "MFA_TOKEN_INVALID"
    message = "That sign-in is over: it waits five minutes, for five codes. Sign in again with POST /v1/auth/login."


class MfaCodeInvalid(Unauthenticated):
    """The code is not the app's of now, was used before, or is no recovery code of the account."""

    reason = "MFA_CODE_INVALID"
    message = "That code is wrong or was used before. Wait for the next one in your app, or use a recovery code, and try again."


class MfaCodeNeeded(FailedPrecondition):
    """The account has a one-time-code app, so the password alone proves too little."""

    reason = "MFA_CODE_NEEDED"
    message = "This account has a one-time-code app. Send a code from it, or a recovery code, as code."


class TotpEnrolled(FailedPrecondition):
    """The account has an app already."""

    reason = "TOTP_ENROLLED"
    message = "This account has a one-time-code app. Remove it first with DELETE /v1/auth/mfa/totp."


class TotpNotEnrolled(FailedPrecondition):
    """There is no app, or its first code was not given within fifteen minutes."""

    reason = "TOTP_NOT_ENROLLED"
    message = (
        "No one-time-code app is being enrolled, or it took longer than 15 minutes. Begin with POST /v1/auth/mfa/totp."
    )


class TotpCodeInvalid(InvalidArgument):
    """The first code is not what the app shows."""

    reason = "TOTP_CODE_INVALID"
    message = "That is not what the app shows now. See that your device's clock is right, and send the next code."
