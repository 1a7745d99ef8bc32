"""Summaries, key points and vectors of texts."""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from inference_service.domain import extracts
from inference_service.domain.embedding import METHOD, Embedder, Vector
from inference_service.domain.generation import Claim, Sampling
from inference_service.domain.models import Task, instruction
from inference_service.domain.schema import compile_schema
from inference_service.ports import ModelShelf
from inference_service.use_cases.writing import Writing
from servicekit.errors import ServiceError

log = logging.getLogger(__name__)
SECONDS = 10.0
"""How long a model may take; the sentences of the text itself are at hand at once."""
TOKENS, TEMPERATURE = 400, 0.3
_SENTENCE = {"type": "string", "minLength": 10, "maxLength": 300}


@dataclass(frozen=True, slots=True)
class Extract:
    """Sentences on a text, and the model or the method that they are from."""

    sentences: tuple[str, ...]
    source: str


class Texts:
    """Texts made short by a model that follows instructions when there is one, else from their own sentences."""

    def __init__(self, models: ModelShelf, writing: Writing, embedder: Embedder) -> None:
        self._models, self._writing, self._embedder = models, writing, embedder

    async def summarise(self, text: str, claim: Claim) -> Extract:
        """Two or three sentences."""
        written = await self._written("Summarise this text for a student in two or three sentences", text, 2, 3, claim)
        return written or Extract((await asyncio.to_thread(extracts.summary, text),), extracts.METHOD)

    async def key_points(self, text: str, claim: Claim) -> Extract:
        """Three to five sentences, fewer when the text has fewer."""
        written = await self._written("List what a student should remember of this text", text, 3, 5, claim)
        return written or Extract(await asyncio.to_thread(extracts.key_points, text), extracts.METHOD)

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[Vector, ...], str]:
        """One vector a text, and the method that they are comparable within."""
        return await asyncio.to_thread(lambda: tuple(map(self._embedder.embed, texts))), METHOD

    async def _written(self, wish: str, text: str, least: int, most: int, claim: Claim) -> Extract | None:
        """What a model makes of it; None without such a model, or when it fails or is too slow."""
        if not self._models.can(Task.SUMMARY):
            return None
        try:
            async with asyncio.timeout(SECONDS):
                return await self._ask(wish, text, least, most, claim)
        except (ServiceError, TimeoutError) as error:
            log.warning("no model made the text short", extra={"why": str(error) or "it took too long"})
            return None

    async def _ask(self, wish: str, text: str, least: int, most: int, claim: Claim) -> Extract:
        engine = await self._models.engine(Task.SUMMARY)
        sampling = Sampling(TOKENS, TEMPERATURE, schema=compile_schema(_sentences(least, most)))
        prompt = instruction(engine.card.prompt_format, f"{wish}. Say only what it says.\n\n{text}")
        async with aclosing(self._writing.follow(engine, prompt, sampling, claim)) as pieces:
            answer = "".join([piece.text async for piece in pieces])
        return Extract(tuple(json.loads(answer)["sentences"]), engine.card.name)


def _sentences(least: int, most: int) -> dict[str, Any]:
    sentences = {"type": "array", "items": _SENTENCE, "minItems": least, "maxItems": most}
    return {"type": "object", "properties": {"sentences": sentences}, "required": ["sentences"]}
