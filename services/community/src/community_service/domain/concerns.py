"""Why a comment needs a moderator."""

from enum import StrEnum


class Concern(StrEnum):
    """The checks, another moderator, or somebody who reported it as that; the latter are also reasons of decisions."""

    WITHHELD = "WITHHELD"
    HELP = "HELP"
    HIDDEN = "HIDDEN"
    APPEALED = "APPEALED"
    SPAM = "SPAM"
    HARASSMENT = "HARASSMENT"
    SEXUAL = "SEXUAL"
    VIOLENCE = "VIOLENCE"
    SELF_HARM = "SELF_HARM"
    PRIVACY = "PRIVACY"
    OTHER = "OTHER"


URGENT = frozenset({Concern.HELP, Concern.SELF_HARM})
"""Somebody may be in danger: before everything else."""
