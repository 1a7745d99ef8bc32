"""How soon a password would be guessed: zxcvbn (Wheeler, USENIX Security 2016) with its 30,000 most common, offline."""

import re
from collections.abc import Sequence

from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # it ships no types

_LONGEST_ESTIMATED = 72
"""zxcvbn takes no more characters; what follows can only make a password harder to guess."""

_SAFELY_UNGUESSABLE = 3
"""Of 0 to 4: more than 10^8 guesses, far beyond what the limits on sign-in let anybody try."""


def is_guessable(password: str, own_words: Sequence[str]) -> bool:
    """Whether somebody who knows common passwords and the person's own words would find it."""
    return (
        _score(password, own_words) < _SAFELY_UNGUESSABLE
        or _score(_rest(password, own_words), ()) < _SAFELY_UNGUESSABLE
    )


def _rest(password: str, own_words: Sequence[str]) -> str:
    """What an acquaintance would still have to guess."""
    longest_first = sorted(own_words, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), "", password, flags=re.IGNORECASE) if own_words else password


def _score(password: str, own_words: Sequence[str]) -> int:
    score: int = zxcvbn(password[:_LONGEST_ESTIMATED], user_inputs=list(own_words))["score"] if password else 0
    return score
