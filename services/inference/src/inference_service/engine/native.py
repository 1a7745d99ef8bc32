"""The one place that calls ctransformers, and only those of its functions that are safe on any text.

Its own tokenize() and call operator write past a buffer sized in characters, so text goes through the native function with
a buffer sized in bytes; past the context it only warns, so the limit is enforced here. Use from one thread only.
"""

import codecs
import ctypes
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference_service.domain.generation import Finish, Piece, Sampling
from inference_service.engine import gpu
from inference_service.engine.guide import Guide, Guides
from inference_service.engine.sampling import choose
from inference_service.engine.spec import EngineMissing, WorkerSpec
from inference_service.errors import PromptHasNul, PromptTooLong

# The prompt is read in pieces of this many tokens, so that a cancelled request is noticed between them.
BATCH = 64
# SentencePiece with byte fallback makes at most one token a byte, plus the leading space (3 bytes) and the begin mark.
SPARE_TOKENS = 16
_MISSING = {
    False: "ctransformers has no prebuilt library for this machine (it ships one for x86-64 Linux, Windows and macOS); run "
    "the inference service on such a machine",
    True: "the CUDA libraries are missing; pip install 'littlemonster-inference[cuda]', or set LM_MODEL_GPU_LAYERS to 0",
}


class NativeModel:
    """A loaded GGUF file."""

    places = 1

    def __init__(self, spec: WorkerSpec) -> None:
        """Load `spec.path`, which must have passed llama.check. Raises EngineMissing where no prebuilt engine runs."""
        if spec.gpu_layers and (problem := gpu.problem()):
            raise EngineMissing(f"LM_MODEL_GPU_LAYERS is {spec.gpu_layers}, but {problem}; set it to 0")
        try:
            # The import itself loads native parts: it belongs to the process that may die of them.
            from ctransformers.llm import LLM, Config

            config = Config(
                threads=spec.threads, batch_size=BATCH, context_length=spec.context, gpu_layers=spec.gpu_layers
            )
            self._model = LLM(str(spec.path), config=config, lib=None if spec.gpu_layers else instruction_set())
        except (ImportError, OSError) as error:
            raise EngineMissing(_MISSING[spec.gpu_layers > 0]) from error
        self._context = spec.context
        self._end = self._model.eos_token_id
        self._guides: Guides | None = None

    def generate(self, prompt: str, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        """See Backend.generate."""
        tokens = self._tokenize(prompt)
        if len(tokens) + sampling.max_tokens > self._context:
            raise PromptTooLong(
                prompt_tokens=str(len(tokens)), max_tokens=str(sampling.max_tokens), context=str(self._context)
            )
        guide = self._guide(sampling)
        self._model._context.clear()
        for start in range(0, len(tokens), BATCH):
            if cancelled():
                yield Piece("", 0, Finish.CANCELLED, len(tokens))
                return
            self._model.eval(tokens[start : start + BATCH])
        for piece in self._continue(sampling, guide, cancelled):
            yield replace(piece, prompt_tokens=len(tokens))

    def _continue(self, sampling: Sampling, guide: Guide | None, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        generator = np.random.default_rng(sampling.seed)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        count, finish = 0, Finish.LENGTH
        while count < sampling.max_tokens:
            if cancelled():
                yield Piece("", count, Finish.CANCELLED)
                return
            token = self._choose(sampling, guide, generator)
            if token == self._end:
                finish = Finish.STOP
                break
            count += 1
            text = decoder.decode(self._model.detokenize([token], decode=False))
            before, stop, _ = text.partition(sampling.stop) if sampling.stop else (text, "", "")
            if stop or (guide and guide.finished):
                yield Piece(before, count, Finish.STOP)
                return
            if text:
                yield Piece(text, count)
            if count < sampling.max_tokens:
                self._model.eval([token])
        yield Piece(decoder.decode(b"", final=True), count, finish)

    def _choose(self, sampling: Sampling, guide: Guide | None, generator: np.random.Generator) -> int:
        if guide is None:
            return choose(self._logits(), sampling, generator)
        token = choose(guide.mask(self._logits()), sampling, generator)
        guide.accept(token)
        return token

    def _guide(self, sampling: Sampling) -> Guide | None:
        if not sampling.schema:
            return None
        if self._guides is None:
            pieces = [self._model.detokenize([token], decode=False) for token in range(self._model.vocab_size)]
            special = (0, self._model.bos_token_id, self._end)
            self._guides = Guides(pieces, special, self._end)
        return self._guides.start(sampling.schema, sampling.max_tokens)

    def _tokenize(self, text: str) -> list[int]:
        data = text.encode("utf-8", "replace")
        if b"\0" in data:
            raise PromptHasNul
        buffer = (ctypes.c_int * (3 * len(data) + SPARE_TOKENS))()
        count: int = self._model.ctransformers_llm_tokenize(data, True, buffer)
        return buffer[:count]

    def _logits(self) -> NDArray[np.float32]:
        size = self._model.ctransformers_llm_logits_size()
        return np.ctypeslib.as_array(self._model.ctransformers_llm_logits_data(), shape=(size,)).copy()


def instruction_set() -> str:
    """The fastest of ctransformers' builds that this processor runs; asking cpuinfo would take it a second."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return "basic"
    if "avx2" in flags:
        return "avx2"
    return "avx" if {"avx", "f16c"} <= flags else "basic"
