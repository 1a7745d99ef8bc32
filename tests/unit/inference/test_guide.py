"""An answer cannot leave its schema, whatever the model would rather write."""

import json

import numpy as np
import pytest

from inference_service.engine.guide import Guide, Guides
from inference_service.errors import SchemaRefused

END = 2
PIECES = [b"", b"", b"", *(bytes([byte]) for byte in range(256))]
"""A vocabulary of bytes behind an unknown, a beginning and an end."""
SCHEMA = json.dumps(
    {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"], "additionalProperties": False}
)


def _token(character: str) -> int:
    return PIECES.index(character.encode())


@pytest.fixture
def guide() -> Guide:
    return Guides(PIECES, (0, 1, END), END).start(SCHEMA, 100)


def _likely(*characters: str) -> np.ndarray:
    logits = np.zeros(len(PIECES), np.float32)
    logits[[_token(character) for character in characters]] = 50
    return logits


def test_what_may_not_follow_gets_no_chance_however_likely_it_is(guide: Guide) -> None:
    masked = guide.mask(_likely("x", "[", "0"))
    assert {PIECES[token] for token in np.flatnonzero(np.isfinite(masked))} == {b"{"}


def test_the_end_gets_no_chance_before_the_answer_is_whole(guide: Guide) -> None:
    for character in '{"sure": tru':
        assert not np.isfinite(guide.mask(_likely())[END])
        guide.accept(_token(character))
    guide.accept(_token("e"))
    assert not guide.finished
    guide.accept(_token("}"))
    assert guide.finished


@pytest.mark.parametrize("written", ["x", "{x", '{"sure": 1', '{"sure": true,'])
def test_a_token_that_was_not_allowed_fails_the_request(guide: Guide, written: str) -> None:
    for character in written[:-1]:
        guide.accept(_token(character))
    with pytest.raises(SchemaRefused, match="could not be followed"):
        guide.accept(_token(written[-1]))


def test_a_schema_that_cannot_be_compiled_is_refused() -> None:
    with pytest.raises(SchemaRefused, match="cannot be compiled"):
        Guides(PIECES, (0, 1, END), END).start(json.dumps({"type": "no such type"}), 100)
