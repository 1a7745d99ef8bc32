"""Keeps an answer inside a JSON schema: at every token, what may not follow gets no chance. Used from the model's own thread.

llguidance computes the mask. A schema that it cannot compile is refused, and a token outside of the mask fails the request:
there is no way around the guide.
"""

import json
from collections.abc import Sequence

import llguidance
import llguidance.numpy
import numpy as np
from numpy.typing import NDArray

from inference_service.errors import SchemaRefused

_CLOSING = (b'"', b"}", b"]")
_PLAIN = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
RESERVE = 4
"""In the last of so many parts of its tokens an answer closes what it may close, so that it ends whole."""


class Guides:
    """Guides for one vocabulary, `pieces` being the bytes of each token. Made once a model: it takes a while."""

    def __init__(self, pieces: Sequence[bytes], special: Sequence[int], end: int) -> None:
        self._tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(_Vocabulary(pieces, special, end)))
        self._closing = np.array([piece in _CLOSING for piece in pieces])

    def start(self, schema: str, most_tokens: int) -> "Guide":
        """A guide for one answer. Raises SchemaRefused when the schema cannot be compiled."""
        grammar = llguidance.LLMatcher.grammar_from_json_schema({**json.loads(schema), "x-guidance": _PLAIN})
        matcher = llguidance.LLMatcher(self._tokenizer, grammar)
        if matcher.is_error():
            raise SchemaRefused(place="schema", problem=f"cannot be compiled ({matcher.get_error()[:200]})")
        return Guide(matcher, self._closing, most_tokens)


class Guide:
    """The state of one answer."""

    def __init__(self, matcher: llguidance.LLMatcher, closing: NDArray[np.bool_], most_tokens: int) -> None:
        self._matcher, self._closing = matcher, closing
        self._bits = llguidance.numpy.allocate_token_bitmask(1, len(closing))
        self._left, self._reserve = most_tokens, most_tokens // RESERVE

    def mask(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """`logits` with no chance for what may not follow."""
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._bits, 0)
        allowed = np.unpackbits(self._bits.view(np.uint8), bitorder="little")[: len(self._closing)].astype(bool)
        if self._left <= self._reserve and (allowed & self._closing).any():
            allowed &= self._closing
        return np.where(allowed, logits, -np.inf).astype(np.float32)

    def accept(self, token: int) -> None:
        """Take note of the chosen token. Raises SchemaRefused when it was not allowed after all."""
        self._left -= 1
        if not self._matcher.consume_token(token):
            raise SchemaRefused(place="schema", problem=f"could not be followed ({self._matcher.get_error()[:200]})")

    @property
    def finished(self) -> bool:
        """Whether the answer is whole and nothing may follow."""
        return bool(self._matcher.is_stopped())


class _Vocabulary:
    """The tokens as llguidance asks for them. Its tokens are pieces of the answer: no space is put before the first."""

    def __init__(self, pieces: Sequence[bytes], special: Sequence[int], end: int) -> None:
        self.tokens = [b"" if token in special else piece for token, piece in enumerate(pieces)]
        self.special_token_ids = list(special)
        self.bos_token_id, self.eos_token_id = None, end
        self._ids = {piece: token for token, piece in reversed(list(enumerate(self.tokens))) if piece}
        self._longest = max(map(len, self._ids))

    def __call__(self, text: bytes | str) -> list[int]:
        """The longest tokens that spell `text`, from left to right."""
        data = text if isinstance(text, bytes) else text.encode()
        ids: list[int] = []
        while data:
            length = next(n for n in range(min(self._longest, len(data)), 0, -1) if data[:n] in self._ids)
            ids.append(self._ids[data[:length]])
            data = data[length:]
        return ids
