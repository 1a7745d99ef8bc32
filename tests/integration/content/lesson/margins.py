"""What slides leave free."""

SAFE = 32
"""Nothing but flat background is this close to an edge, in pixels."""
