"""Whose account a call is about, and who auth is where nobody is signed in yet."""

from auth_service.errors import PersonNeeded
from servicekit.caller import Caller, Role, current_caller

AUTH = Caller.service("auth")
"""Registering, signing in and sending mail read rows of people who are not the caller; the service itself may."""


def person() -> Caller:
    """The signed-in person who calls. Raises Unauthenticated; PersonNeeded when a service of the mesh calls."""
    caller = current_caller()
    if caller.role is Role.SERVICE:
        raise PersonNeeded
    return caller
