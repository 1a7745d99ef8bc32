"""Voices are told how to read foreign names, some verbs and the letter a; what is shown stays as it is written."""

import pytest

from content_service.lesson.pronunciation import pronounced


@pytest.mark.parametrize(
    "sentence",
    [
        "In symbols: a squared plus b squared equals c squared.",
        "A squared plus b.",
        "It is two a b.",
        "The system a x plus b y.",
        "One over a to the n.",
        "In the formula, a is the start.",
        "Find the probability of A given B.",
    ],
)
def test_the_letter_a_of_a_formula_is_no_article(sentence: str) -> None:
    said, written = pronounced(sentence)
    assert ("eh" in said.lower().split()) == bool(written) is True
    assert " ".join(written.get(word, word) for word in said.split()) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "They have a minus sign.",
        "Two minus signs always make a plus. Minus three is less.",
        "Lemon juice has a p H of two.",
        "A noun names something.",
        "Read it without the letter a.",
    ],
)
def test_an_article_stays_one(sentence: str) -> None:
    assert pronounced(sentence) == (sentence, {})


def test_names_are_respelled_also_with_endings_and_read_as_written() -> None:
    said, written = pronounced("“Thucydides’ war”, Le Chatelier's principle and Saint-Domingue, at Versailles.")
    assert not {"Thucydides", "Chatelier", "Domingue", "Versailles"} & set(said.replace("-", " ").split())
    assert sorted(written.values()) == ["Chatelier's", "Saint-Domingue,", "Versailles.", "“Thucydides’"]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Use commas, as a simile uses like.", "Yooz commas, as a simile yoozes like."),
        ("It has no use, and is of use in the uses of a list.", "It has no use, and is of use in the uses of a list."),
        ("Metals conduct electricity.", "Metals conduckt electricity."),
        ("Commas separate three or more separate items.", "Commas sepperate three or more separate items."),
        ("Separate but equal.", "Separate but equal."),
        ("So long lives this, as the beloved lives as a poem.", "So long livz this, as the beloved livz as a poem."),
        ("The lives of those who spent their lives as slaves.", "The lives of those who spent their lives as slaves."),
        ("They coordinate the work by the x coordinate.", "They coordinait the work by the x coordinate."),
        ("His choices convict him; he is a convict.", "His choices convickt him; he is a convict."),
    ],
)
def test_verbs_are_told_from_nouns_and_adjectives_that_are_written_alike(sentence: str, said: str) -> None:
    assert pronounced(sentence)[0] == said


def test_a_name_inside_another_word_is_left_alone() -> None:
    assert pronounced("Bookworms and lunch in Luna") == ("Bookworms and lunch in Luna", {})


@pytest.mark.parametrize(
    "sentence",
    [
        "Homogeneous mixtures, and exothermic ones.",
        "Redox reactions of bromine, and its electronegativity.",
        "In an arithmetic sequence, the step stays.",
        "It was a coup, say the delegates and the papyri.",
        "Iambic pentameter or tetrameter.",
        "Plato's teacher, Pythagoras.",
        "Luther, Gutenberg, Rousseau and Gorbachev.",
        "A Shakespeare sonnet by Laertes.",
        "Cortes and the Nahua.",
    ],
)
def test_terms_and_names_that_voices_know_wrong_are_respelled_and_read_as_written(sentence: str) -> None:
    said, written = pronounced(sentence)
    assert written
    assert " ".join(written.get(word, word) for word in said.split()) == sentence
