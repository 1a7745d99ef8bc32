"""Failures about accounts, their addresses and what their owners prefer."""

from servicekit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied


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


class VerificationTokenInvalid(InvalidArgument):
    """No such token was mailed in the last 24 hours, or the address has an account by now."""

    reason = "VERIFICATION_TOKEN_INVALID"
    message = (
        "That verification token is unknown, older than 24 hours, or for an address that has an account by now. "
        "Copy it whole from the newest mail, ask for another with POST /v1/auth/resend-verification, "
        "or register again with POST /v1/auth/register."
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


class AddressUnknown(UserNotFound):
    """No account has that address; told to operators alone."""

    message = "There is no account {user}. Check the address; GET /v1/admin/users finds accounts by a part of it."
