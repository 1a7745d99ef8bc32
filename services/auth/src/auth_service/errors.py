"""Every failure a caller of auth may meet; the reasons are part of the interface and never renamed."""

from datetime import datetime, timedelta

from servicekit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)


class EmailInvalid(InvalidArgument):
    """The text is not an e-mail address that mail can be sent to."""

    reason = "EMAIL_INVALID"
    message = "That is not an e-mail address. Send one such as 'ada@example.org', at most 254 characters."


class DisplayNameInvalid(InvalidArgument):
    """The name is empty, too long, or has characters that cannot be shown safely."""

    reason = "DISPLAY_NAME_INVALID"
    message = (
        "That name cannot be shown. Choose 1 to 64 characters, without line breaks, control characters "
        "or marks that change the direction of the text."
    )


class PasswordTooCommon(InvalidArgument):
    """The password is common, or made of the person's own words: it would be guessed."""

    reason = "PASSWORD_TOO_COMMON"
    message = (
        "That password is too easy to guess. Choose a longer one of several words that have nothing to do with you."
    )


class ResetTokenInvalid(InvalidArgument):
    """No such token was mailed in the last hour, or it was used, or the password was changed since."""

    reason = "RESET_TOKEN_INVALID"
    message = (
        "That reset token is unknown, used, or older than an hour. Copy it whole from the newest mail, "
        "or ask for another with POST /v1/auth/password/forgot."
    )


class VerificationTokenInvalid(InvalidArgument):
    """No such token was mailed in the last 24 hours, or a newer registration replaced it."""

    reason = "VERIFICATION_TOKEN_INVALID"
    message = (
        "That verification token is unknown, replaced by a newer registration, or older than 24 hours. "
        "If it was you who registered again, copy the token whole from the newest mail, "
        "or ask for another with POST /v1/auth/resend-verification."
    )


class CredentialsInvalid(Unauthenticated):
    """The address is unknown or the password is wrong; which of the two is never said."""

    reason = "CREDENTIALS_INVALID"
    message = "The e-mail address or the password is wrong. Check both and try again."


class CurrentPasswordWrong(Unauthenticated):
    """The password in force is not the one that was given."""

    reason = "CURRENT_PASSWORD_WRONG"
    message = (
        "That is not your current password, so nothing was changed. Check it, "
        "or ask for a reset with POST /v1/auth/password/forgot."
    )


class EmailNotVerified(FailedPrecondition):
    """The password is right, but the address was never confirmed."""

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


class EmailUnchanged(InvalidArgument):
    """The account has that address already."""

    reason = "EMAIL_UNCHANGED"
    message = "That is the address this account has. Send another one."


class EmailTokenInvalid(InvalidArgument):
    """No such token was mailed in the last 24 hours, or a newer wish replaced it, or the password was changed since."""

    reason = "EMAIL_TOKEN_INVALID"
    message = (
        "That token is unknown, replaced by a newer wish, or older than 24 hours. Copy it whole from the newest mail, "
        "or ask again with POST /v1/users/me/email:change."
    )


class EmailTaken(AlreadyExists):
    """Somebody else proved the new address theirs after the change was asked for."""

    reason = "EMAIL_TAKEN"
    message = "That address belongs to another account by now. Ask for another one with POST /v1/users/me/email:change."


class KeyUnknown(NotFound):
    """There is no signing key with that id."""

    reason = "KEY_UNKNOWN"
    message = "There is no key {kid}. See those there are with the command list."


class KeyInUse(FailedPrecondition):
    """The key signs access tokens at the moment."""

    reason = "KEY_IN_USE"
    message = (
        "The key {kid} signs at the moment. Publish the next one with the command rotate, and wait until it signs."
    )


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


class TooManyAttempts(ResourceExhausted):
    """Too many failed sign-ins of this account, or calls from this network; `retry_after` says when to come back."""

    reason = "TOO_MANY_ATTEMPTS"
    message = "Too many attempts came from here, or for this account. Wait {seconds} seconds and try again."

    @classmethod
    def after(cls, wait: timedelta) -> "TooManyAttempts":
        """The refusal that says how long to wait."""
        return cls(retry_after=wait, seconds=str(max(1, round(wait.total_seconds()))))


class PasswordChecksBusy(ResourceExhausted):
    """More passwords are waiting to be hashed or checked than the queue holds."""

    reason = "PASSWORD_CHECKS_BUSY"
    message = "Too many people are signing in or registering at this moment. Try again in a few seconds."


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


class PersonNeeded(PermissionDenied):
    """A service of the mesh asked for something that only a person has."""

    reason = "PERSON_NEEDED"
    message = "Services have no account and no session. Call this with a person's access token."


class LanguageInvalid(InvalidArgument):
    """The text is no language tag."""

    reason = "LANGUAGE_INVALID"
    message = "That is not a language tag. Send one such as 'en' or 'pt-BR'."


class TimeZoneUnknown(InvalidArgument):
    """The IANA database has no such zone."""

    reason = "TIME_ZONE_UNKNOWN"
    message = "There is no time zone {zone}. Send an IANA name such as 'Europe/Berlin'."


class UpdateMaskInvalid(InvalidArgument):
    """The mask names a field that does not exist or cannot be changed."""

    reason = "UPDATE_MASK_INVALID"
    message = "The field {path} cannot be changed here. Name displayName, avatarColor or subjects."


class AccountSuspended(PermissionDenied):
    """The password is right, but an admin has suspended the account."""

    reason = "ACCOUNT_SUSPENDED"
    message = "This account is suspended. Ask an administrator of your school."


class LastAdmin(FailedPrecondition):
    """Nobody would be left to administer accounts."""

    reason = "LAST_ADMIN"
    message = "This is the last account that can administer others. Make another one an admin first."


class UserNotFound(NotFound):
    """There is no such account (any more)."""

    reason = "USER_NOT_FOUND"
    message = "There is no account {user}. Check the id, or sign in again with POST /v1/auth/login."


class ExportNotFound(NotFound):
    """The caller has no such export (any more)."""

    reason = "EXPORT_NOT_FOUND"
    message = "You have no export {export}. Begin one with POST /v1/users/me:export; it is kept for a day."


class ExportLinkInvalid(NotFound):
    """The link is not one that was given out, or it has expired; which of the two is not said."""

    reason = "EXPORT_LINK_INVALID"
    message = "That link is not complete or has expired. Begin a new export with POST /v1/users/me:export."


class TooManyExports(ResourceExhausted):
    """The account has begun as many exports as one may have in a day."""

    reason = "TOO_MANY_EXPORTS"
    message = (
        "You have begun as many exports as one account may in a day. Take one you have, or wait {minutes} minutes."
    )

    @classmethod
    def until(cls, time: datetime, now: datetime) -> "TooManyExports":
        """The refusal that says when the next may begin."""
        wait = max(time - now, timedelta(seconds=1))
        return cls(retry_after=wait, minutes=str(max(1, round(wait.total_seconds() / 60))))


class ArchiveTooLarge(FailedPrecondition):
    """There is more of the person's data than an archive may hold."""

    reason = "ARCHIVE_TOO_LARGE"
    message = "There is more data than fits into one archive. Ask an administrator of your school for it."
