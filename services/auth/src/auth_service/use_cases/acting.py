"""Who auth is where nobody is signed in yet."""

from servicekit.caller import Caller

AUTH = Caller.service("auth")
"""Registering, signing in and sending mail read rows of people who are not the caller; the service itself may."""
