"""The published schema of a topic file is current, accepts the shipped topics and marks an author's slips."""

from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from inference_service.curriculum.schema import SCHEMA_FILE, rendered, topic_schema

TOPICS = {
    file.name: yaml.safe_load(file.read_text())
    for file in files("inference_service.curriculum").iterdir()
    if file.name.endswith(".yaml") and file.name != "lines.yaml"
}
SCHEMA = Draft202012Validator(topic_schema())


def _errors(topic: dict[str, Any]) -> str:
    return "; ".join(error.message for error in SCHEMA.iter_errors(topic))


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text() == rendered()


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_the_schema_accepts_every_shipped_topic(name: str) -> None:
    assert _errors(TOPICS[name]) == ""


def test_the_schema_marks_slips() -> None:
    topic = TOPICS["black-death.yaml"]
    assert "'aliasses' was unexpected" in _errors({**topic, "aliasses": []})
    assert "'phrases' is a required property" in _errors({k: v for k, v in topic.items() if k != "phrases"})
    intro = {**topic["levels"]["INTRO"], "quiz": topic["levels"]["INTRO"]["quiz"][:2]}
    assert "is too short" in _errors({**topic, "levels": {**topic["levels"], "INTRO": intro}})
