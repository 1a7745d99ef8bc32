"""Which words a person's password must not be made of."""

import re

_SHORTEST_WORD = 3
_PRODUCT = ("little", "monster", "littlemonster")


def own_words(email: str, display_name: str) -> tuple[str, ...]:
    """What anybody who knows the person, or the product, would try first."""
    parts = re.split(r"[\W_]+", f"{email} {display_name}".lower())
    whole = (email.lower(), display_name.lower())
    return tuple(dict.fromkeys(word for word in (*whole, *parts, *_PRODUCT) if len(word) >= _SHORTEST_WORD))
