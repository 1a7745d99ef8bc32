"""The one place that calls ctransformers, and only those of its functions that are safe on any text.

Its own tokenize() and call operator write past a buffer sized in characters, so text goes through the native function with
a buffer sized in bytes; past the context it only warns, so the limit is enforced here. Use from one thread only.
"""

import codecs
import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference_service.domain.generation import Finish, Piece, Sampling
from inference_service.engine.sampling import choose
from inference_service.errors import PromptHasNul, PromptTooLong

# The prompt is read in pieces of this many tokens, so that a cancelled request is noticed between them.
BATCH = 64
# SentencePiece with byte fallback makes at most one token a byte, plus the leading space (3 bytes) and the begin mark.
SPARE_TOKENS = 16


class PlatformNotSupported(RuntimeError):
    """There is no prebuilt engine for this machine."""


class NativeModel:
    """A loaded GGUF file."""

    def __init__(self, path: Path, context: int, threads: int) -> None:
        """Load `path`, which must have passed llama.check. Raises PlatformNotSupported where no prebuilt engine runs."""
        try:
            # The import itself loads native parts: it belongs to the process that may die of them.
            from ctransformers.llm import LLM, Config

            config = Config(threads=threads, batch_size=BATCH, context_length=context)
            self._model = LLM(str(path), config=config, lib=instruction_set())
        except (ImportError, OSError) as error:
            raise PlatformNotSupported(
                "ctransformers has no prebuilt library for this machine (it ships one for x86-64 Linux, Windows and "
                "macOS); run the inference service on such a machine"
            ) from error
        self._context = context
        self._end = self._model.eos_token_id

    def generate(self, prompt: str, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        """Yield the answer's pieces. Raises PromptHasNul and PromptTooLong before the first."""
        tokens = self._tokenize(prompt)
        if len(tokens) + sampling.max_tokens > self._context:
            raise PromptTooLong(
                prompt_tokens=str(len(tokens)), max_tokens=str(sampling.max_tokens), context=str(self._context)
            )
        self._model._context.clear()
        for start in range(0, len(tokens), BATCH):
            if cancelled():
                yield Piece("", 0, Finish.CANCELLED)
                return
            self._model.eval(tokens[start : start + BATCH])
        yield from self._continue(sampling, cancelled)

    def _continue(self, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        generator = np.random.default_rng(sampling.seed)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for count in range(1, sampling.max_tokens + 1):
            if cancelled():
                yield Piece("", count - 1, Finish.CANCELLED)
                return
            token = choose(self._logits(), sampling, generator)
            if token == self._end:
                yield Piece(decoder.decode(b"", final=True), count - 1, Finish.STOP)
                return
            text = decoder.decode(self._model.detokenize([token], decode=False))
            before, stop, _ = text.partition(sampling.stop) if sampling.stop else (text, "", "")
            if stop:
                yield Piece(before, count, Finish.STOP)
                return
            if text:
                yield Piece(text, count)
            if count < sampling.max_tokens:
                self._model.eval([token])
        yield Piece(decoder.decode(b"", final=True), sampling.max_tokens, Finish.LENGTH)

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
