"""Whom a text mentions."""

import pytest
from fakes.community.peers import FakeDirectory
from fakes.community.store import FakeStore

from community_service.domain.comments import Draft, Video
from community_service.domain.mentions import MOST_MENTIONS, Called, Mention, Person, called, mentions, newly
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from servicekit.caller import Caller
from servicekit.ids import new_id

ADA, LOVELACE, BEN, BEN_TOO = (
    Person(f"01a208f7-76cb-744a-af6d-f6078af003d{number}", name)
    for number, name in enumerate(("Ada", "Ada Lovelace", "Ben", "ben"))
)
ME = new_id()


@pytest.mark.parametrize(
    ("text", "people", "found"),
    [
        ("@Ada, look", [ADA], [Mention(ADA.id, "@Ada")]),
        ("thanks @ada.", [ADA], [Mention(ADA.id, "@ada")]),
        ("(@Ada) and @ADA", [ADA], [Mention(ADA.id, "@Ada")]),
        ("@Ada Lovelace said so", [ADA, LOVELACE], [Mention(LOVELACE.id, "@Ada Lovelace")]),
        ("@Ada Love said so", [ADA, LOVELACE], [Mention(ADA.id, "@Ada")]),
        ("@Ben", [BEN, BEN_TOO], []),
        (f"@{BEN.id.upper()}: you", [BEN, BEN_TOO], [Mention(BEN.id, f"@{BEN.id.upper()}")]),
        ("write to ada@ada.example", [ADA], []),
        ("@@Ada and @ Ada", [ADA], []),
        ("@Nobody", [], []),
        ("no sign at all: Ada", [ADA], []),
    ],
)
def test_a_name_or_an_id_after_an_at_sign_mentions_one_account(
    text: str, people: list[Person], found: list[Mention]
) -> None:
    assert list(mentions(text, people, ME)) == found


def test_nobody_mentions_themselves_and_everybody_is_mentioned_once() -> None:
    assert mentions("@Ada @Ada @Ben", [ADA, BEN], ADA.id) == (Mention(BEN.id, "@Ben"),)


def test_what_is_looked_up_is_bounded() -> None:
    asked = called(" ".join(f"@name{number} of many words each" for number in range(100)))
    assert asked.names[:5] == ("name0", "name0 of", "name0 of many", "name0 of many words", "name1")
    assert len(asked.names) == 4 * MOST_MENTIONS
    many = [Person(new_id(), f"Name{number}") for number in range(100)]
    assert len(mentions(" ".join(f"@Name{number}" for number in range(100)), many, ME)) == MOST_MENTIONS
    assert called("2 @ 3 = a@b.example") == Called()


def test_an_edit_tells_those_only_whom_the_text_before_did_not_mention() -> None:
    ada, ben = Mention(ADA.id, "@Ada"), Mention(BEN.id, "@Ben")
    assert newly((ada,), (ada, ben)) == (BEN.id,)


async def test_a_comment_and_its_edit_carry_whom_they_mention_and_ask_once_each(
    discussion: Discussion, editing: Editing, directory: FakeDirectory, store: FakeStore, ada: Caller, video: Video
) -> None:
    directory.people = [ADA, BEN]
    made = await discussion.create(Draft(video.id, "Thanks, @Ada!"))
    edited = await editing.update(made.id, "Thanks, @Ada and @Ben!")
    assert (made.mentions, len(edited.mentions), len(directory.asked)) == ((Mention(ADA.id, "@Ada"),), 2, 2)
    await editing.update(made.id, "Thanks!")
    assert len(directory.asked) == 2
    assert (await discussion.get(made.id)).mentions == ()
