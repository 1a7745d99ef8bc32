"""What is shipped was trained from what is in the repository today."""

import json
import runpy
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from inference_service.curriculum.pack import load_curriculum

TRAINING = Path(__file__).parents[3] / "services" / "inference" / "training"
INPUTS: dict[str, Any] = runpy.run_path(str(TRAINING / "inputs.py"))
Example = tuple[str, str, float]
OF = {"subjects": "of_subjects", "tone": "of_tone"}


@pytest.mark.parametrize("name", OF)
def test_a_classifier_is_as_new_as_what_it_learns_from(name: str) -> None:
    about = json.loads(files("inference_service.classifiers").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    assert about["inputs"] == INPUTS[OF[name]](), f"Train it again: services/inference/training/README.md, {name}.py"


def test_another_word_in_the_curriculum_makes_the_classifier_of_subjects_old(monkeypatch: pytest.MonkeyPatch) -> None:
    (text, label, weight), *others = INPUTS["own_examples"]()
    examples: list[Example] = [(f"{text} sesquipedalian", label, weight), *others]
    before = INPUTS["of_subjects"]()
    monkeypatch.setitem(INPUTS["of_subjects"].__globals__, "own_examples", lambda: iter(examples))
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
