"""Whether an answer that a model gave really is JSON that follows its schema."""

import json

from jsonschema import Draft202012Validator

_LONGEST = 300


def objection(answer: str, schema: str) -> str:
    """See ports.AnswerCheck."""
    try:
        value = json.loads(answer)
    except ValueError as error:
        return f"it is no JSON ({error})"
    problem = next(Draft202012Validator(json.loads(schema)).iter_errors(value), None)
    return f"{problem.json_path}: {problem.message}"[:_LONGEST] if problem else ""
