"""A student's words find the topic they mean, or the nearest ones."""

import pytest

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.subject import Subject
from inference_service.domain.topics import Found, OtherSubject, Unknown, find_topic, normalise

PACK = load_curriculum()


@pytest.mark.parametrize(
    ("asked", "subject", "slug"),
    [
        ("Pythagorean theorem", Subject.MATH, "pythagorean-theorem"),
        ("the PYTHAGOREAN Theorem!", Subject.MATH, "pythagorean-theorem"),
        ("Pythagoras’ theorem", Subject.MATH, "pythagorean-theorem"),
        ("pythagorian theorm", Subject.MATH, "pythagorean-theorem"),
        ("What is the slope?", Subject.MATH, "linear-functions"),
        ("theorem, Pythagorean", Subject.MATH, "pythagorean-theorem"),
        ("pH scale", Subject.CHEMISTRY, "acids-and-bases"),
        ("stoichiometry", Subject.CHEMISTRY, "stoichiometry"),
        ("covalent bonds", Subject.CHEMISTRY, "chemical-bonding"),
        ("The French Revolution", Subject.HISTORY, "french-revolution"),
        ("industrialisation", Subject.HISTORY, "industrial-revolution"),
        ("americn revolutoin", Subject.HISTORY, "american-revolution"),
        ("the frist wrld war", Subject.HISTORY, "first-world-war"),
        ("causes of ww2", Subject.HISTORY, "second-world-war"),
        ("comas", Subject.ENGLISH, "commas"),
        ("bubonic plague", Subject.HISTORY, "black-death"),
        ("métaphor", Subject.ENGLISH, "figurative-language"),
        ("Subject-verb agreement", Subject.ENGLISH, "subject-verb-agreement"),
        ("romeo & juliet", Subject.ENGLISH, "romeo-and-juliet"),
    ],
)
def test_a_topic_is_found_under_many_names(asked: str, subject: Subject, slug: str) -> None:
    match find_topic(PACK, asked, subject):
        case Found(slug=found):
            assert found == slug
        case other:
            pytest.fail(f"{asked} was not found: {other}")


def test_every_title_and_alias_finds_its_own_topic() -> None:
    for slug, topic in PACK.topics.items():
        for name in (topic.title, *topic.aliases):
            assert find_topic(PACK, name, topic.subject) == Found(slug, topic)


@pytest.mark.parametrize("asked", ["Quantum chromodynamics", "knitting", "?!", "数学", "x", "the"])
def test_an_unknown_topic_names_the_nearest_in_its_subject(asked: str) -> None:
    match find_topic(PACK, asked, Subject.HISTORY):
        case Unknown(nearest=nearest):
            assert len(nearest) == 3
            assert set(nearest) <= {t.title for t in PACK.topics.values() if t.subject is Subject.HISTORY}
        case other:
            pytest.fail(f"{asked} was taken for {other}")


@pytest.mark.parametrize(
    "asked", ["Mexican Revolution", "Chinese Revolution", "American Civil War", "British Constitution"]
)
def test_a_topic_that_only_sounds_like_one_of_the_pack_is_not_taken_for_it(asked: str) -> None:
    assert isinstance(find_topic(PACK, asked, Subject.HISTORY), Unknown)


def test_a_topic_of_another_subject_is_recognised() -> None:
    assert find_topic(PACK, "French Revolution", Subject.MATH) == OtherSubject(PACK.topics["french-revolution"])


def test_normalising_keeps_something_of_a_text_of_small_words() -> None:
    assert normalise("What is the") == "what is the"
