"""Failures about the keys that sign access tokens."""

from servicekit.errors import FailedPrecondition, NotFound


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
