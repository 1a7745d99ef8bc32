"""Free text from a model, and answers that follow a schema."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from inference_service.domain.generation import Claim, Finish, Piece, Sampling
from inference_service.domain.models import Task
from inference_service.errors import SchemaNotFollowed
from inference_service.ports import ANYBODY, AnswerCheck, ModelShelf, TextEngine

ATTEMPTS = 3
REPAIR_TEMPERATURE = 0.7


class Writing:
    """Text from the best model, or from one that is named."""

    def __init__(self, models: ModelShelf, check: AnswerCheck) -> None:
        self._models, self._check = models, check

    async def stream(
        self, prompt: str, model: str, sampling: Sampling, claim: Claim = ANYBODY
    ) -> AsyncGenerator[Piece, None]:
        """Stream the continuation; with a schema, the whole answer in one piece once it is known to follow it.

        Raises SchemaNotFollowed and what shelf and engine raise.
        """
        engine = await self._models.engine(Task.TEXT, model)
        pieces = (
            self.follow(engine, prompt, sampling, claim)
            if sampling.schema
            else engine.generate(prompt, sampling, claim)
        )
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def follow(
        self, engine: TextEngine, prompt: str, sampling: Sampling, claim: Claim
    ) -> AsyncGenerator[Piece, None]:
        """Attempts until one follows the schema, each with a seed of its own; nothing unchecked is ever passed on."""
        problem, attempted = "", sampling
        for attempt in range(ATTEMPTS):
            answer: list[Piece] = []
            async with aclosing(engine.generate(prompt, attempted, claim)) as pieces:
                async for piece in pieces:
                    if piece.queue_position:
                        yield piece
                    answer.append(piece)
            text = "".join(piece.text for piece in answer)
            if not (problem := self._check(text, sampling.schema)):
                yield replace(answer[-1], text=text, finish=Finish.STOP)
                return
            attempted = replace(
                sampling, seed=sampling.seed + attempt + 1, temperature=sampling.temperature or REPAIR_TEMPERATURE
            )
        raise SchemaNotFollowed(model=engine.card.name, attempts=str(ATTEMPTS), problem=problem)
