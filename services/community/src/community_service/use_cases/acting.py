"""What the service does in its own name, where the caller has no right to the rows that change."""

from servicekit.caller import Caller

COMMUNITY = Caller.service("community")
