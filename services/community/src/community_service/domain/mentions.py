"""Who a text calls by name: "@Ada Lovelace" or "@" and an account's id."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_MENTIONS = 10
"""How many places of a text are looked at, and how many people it can mention."""
_MOST_WORDS = 4
# Not inside a word, as in an e-mail address.
_AT = re.compile(r"(?<![\w@])@(?=\w)")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_WORD = re.compile(r"[^\s@,;:!?()\"]+")
_END = ".…'’-"


@dataclass(frozen=True, slots=True)
class Person:
    """An account as everybody sees it."""

    id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Mention:
    """The account that is meant, and the part of the text that names it, with its "@"."""

    user_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """What may be meant in a text: ids, and names in lower case, each at most once."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ids or self.names)


def called(text: str) -> Called:
    """What to look up before `mentions` can tell who is meant; nothing for a text without "@"."""
    ids, names = [], []
    for place in _places(text):
        if found := _ID.match(text, place):
            ids.append(found[0].lower())
        else:
            names += [name.lower() for name in _names(text, place)]
    return Called(tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(names)))


def mentions(text: str, people: Iterable[Person], author_id: str) -> tuple[Mention, ...]:
    """Everybody meant, each once, in the order of the text; the longest name wins.

    A name that two people have means nobody: who is meant can be said with the id. Nobody mentions themselves.
    """
    by_id = {person.id: person for person in people}
    by_name: defaultdict[str, list[Person]] = defaultdict(list)
    for person in by_id.values():
        by_name[person.display_name.lower()].append(person)
    found: dict[str, Mention] = {}
    for place in _places(text):
        if (mention := _mention(text, place, by_id, by_name)) and mention.user_id != author_id:
            found.setdefault(mention.user_id, mention)
    return tuple(found.values())


def newly(before: Iterable[Mention], after: Iterable[Mention]) -> tuple[str, ...]:
    """The ids of those an edit mentions and the text before did not."""
    known = {mention.user_id for mention in before}
    return tuple(mention.user_id for mention in after if mention.user_id not in known)


def _mention(text: str, place: int, by_id: dict[str, Person], by_name: dict[str, list[Person]]) -> Mention | None:
    if found := _ID.match(text, place):
        return Mention(found[0].lower(), "@" + found[0]) if found[0].lower() in by_id else None
    for name in reversed(list(_names(text, place))):
        people = by_name.get(name.lower(), [])
        if people:
            return Mention(people[0].id, "@" + name) if len(people) == 1 else None
    return None


def _places(text: str) -> list[int]:
    """Where what follows an "@" begins."""
    return [found.end() for found in _AT.finditer(text)][:MOST_MENTIONS]


def _names(text: str, place: int) -> Iterator[str]:
    """The names that may begin there, the shortest first: one word, two words, …, without the punctuation at the end."""
    end = place
    for _ in range(_MOST_WORDS):
        if not (word := _WORD.match(text, end)):
            return
        name = text[place : word.end()]
        yield name
        if (bare := name.rstrip(_END)) and bare != name:
            yield bare
        if text[word.end() : word.end() + 1] != " ":
            return
        end = word.end() + 1
