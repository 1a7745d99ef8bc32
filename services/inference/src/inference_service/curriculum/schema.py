"""The JSON Schema of a topic file, so that an author's editor completes keys and marks mistakes while they are typed."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from inference_service.domain.lesson import Topic

SCHEMA_FILE = Path(__file__).with_name("topic.schema.json")


def topic_schema() -> dict[str, Any]:
    """Draft 2020-12; like the reader of the pack it knows no key beside those of the dataclasses."""
    schema = TypeAdapter(Topic).json_schema()
    for part in (schema, *schema["$defs"].values()):
        if "properties" in part:
            part["additionalProperties"] = False
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def rendered() -> str:
    """The schema as the text of SCHEMA_FILE."""
    return json.dumps(topic_schema(), indent=2, ensure_ascii=False) + "\n"
