"""Failures about passwords."""

from servicekit.errors import InvalidArgument, ResourceExhausted, Unauthenticated


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


class CurrentPasswordWrong(Unauthenticated):
    """The password in force is not the one that was given."""

    reason = "CURRENT_PASSWORD_WRONG"
    message = (
        "That is not your current password, so nothing was changed. Check it, "
        "or ask for a reset with POST /v1/auth/password/forgot."
    )


class PasswordChecksBusy(ResourceExhausted):
    """More passwords are waiting to be hashed or checked than the queue holds."""

    reason = "PASSWORD_CHECKS_BUSY"
    message = "Too many people are signing in or registering at this moment. Try again in a few seconds."
