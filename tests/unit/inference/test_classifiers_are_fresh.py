"""What is shipped was trained from what is in the repository today."""

import json
import runpy
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain import classification

TRAINING = Path(__file__).parents[3] / "services" / "inference" / "training"
INPUTS: dict[str, Any] = runpy.run_path(str(TRAINING / "inputs.py"))
MOST_REWORDED = 8
"""A tenth of the topics may have changed some words: each is one of a thousand texts that are learned from."""
AGAIN = "Train it again: services/inference/training/README.md, subjects.py"
OF = {"subjects": "of_subjects", "tone": "of_tone"}


def _about(name: str) -> dict[str, Any]:
    text = files("inference_service.classifiers").joinpath(f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.mark.parametrize("name", OF)
def test_a_classifier_is_as_new_as_what_it_learns_from(name: str) -> None:
    assert _about(name)["inputs"] == INPUTS[OF[name]](), (
        f"Train it again: services/inference/training/README.md, {name}.py"
    )


def test_the_classifier_of_subjects_knows_every_topic_and_nearly_all_as_they_are_now() -> None:
    learned, today = _about("subjects")["topics"], INPUTS["of_topics"]()
    assert learned.keys() == today.keys(), AGAIN
    assert sum(learned[slug] != today[slug] for slug in today) <= MOST_REWORDED, AGAIN


def test_another_word_in_a_topic_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = load_curriculum()
    slug = next(iter(pack.topics))
    changed = replace(pack.topics[slug], title="Sesquipedalian")
    before = INPUTS["of_topics"]()
    pack = replace(pack, topics={**pack.topics, slug: changed})
    monkeypatch.setitem(INPUTS["of_topics"].__globals__, "load_curriculum", lambda: pack)
    assert {name for name, found in INPUTS["of_topics"]().items() if found != before[name]} == {slug}


def test_another_way_to_read_makes_the_classifier_of_subjects_old(monkeypatch: pytest.MonkeyPatch) -> None:
    before = INPUTS["of_subjects"]()
    monkeypatch.setattr(classification, "_ENDINGS", ())
    assert INPUTS["of_subjects"]() != before


@pytest.mark.parametrize("file", ["tone.py", "tone_texts.py", "fit.py", "public_texts.py"])
def test_another_way_to_train_makes_the_classifier_of_tone_old(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(TRAINING, tmp_path / "training"))
    monkeypatch.setitem(INPUTS["of_tone"].__globals__, "HERE", folder)
    before = INPUTS["of_tone"]()
    (folder / file).write_text((folder / file).read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert INPUTS["of_tone"]() != before


def test_every_topic_is_learned_from() -> None:
    learned = {text for text, _, _ in INPUTS["own_examples"]()}
    assert {topic.title for topic in load_curriculum().topics.values()} <= learned
