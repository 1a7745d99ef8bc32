"""A model run by xllamacpp: llama.cpp's own server inside the model's process, several requests in one batch.

The server also listens on a loopback port, which nobody but this process can use: it asks for a key made at random. Its
json_schema is ignored on SentencePiece vocabularies, so schemas are enforced by a grammar. Safe to use from many threads.
"""

import json
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

from inference_service.domain.generation import Finish, Piece, Sampling
from inference_service.engine.gbnf import grammar
from inference_service.engine.spec import EngineMissing, WorkerSpec
from inference_service.errors import PromptHasNul, PromptTooLong, SchemaRefused

_SAMPLERS = ("top_k", "temperature", "top_p")
_LOCAL_SECONDS = 10.0
Chunk = dict[str, Any]


class BatchedModel:
    """A loaded GGUF file of any architecture that llama.cpp knows."""

    def __init__(self, spec: WorkerSpec) -> None:
        """Load `spec.path`. Raises EngineMissing where the library is not installed, and OSError when it refuses the file."""
        try:
            import xllamacpp
        except ImportError as error:
            raise EngineMissing(
                "xllamacpp is not installed; pip install 'littlemonster-inference[xllamacpp]'"
            ) from error
        self._context, self.places = spec.context, spec.places
        self._key = secrets.token_urlsafe(32)
        try:
            self._server = xllamacpp.Server(self._parameters(xllamacpp.CommonParams(), spec))
        except RuntimeError as error:
            raise OSError(f"llama.cpp refuses the file: {error}") from error
        self._address: str = self._server.listening_address

    def _parameters(self, params: Any, spec: WorkerSpec) -> Any:
        params.model.path = str(spec.path)
        params.n_ctx, params.n_parallel = spec.context * spec.places, spec.places
        params.n_gpu_layers = spec.gpu_layers
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = spec.threads
        params.api_keys, params.n_threads_http = [self._key], 2
        params.ui = params.endpoint_slots = params.endpoint_props = params.warmup = params.fit_params = False
        params.ctx_shift, params.cache_ram_mib, params.verbosity = False, 0, -1
        return params

    def generate(self, prompt: str, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        """See Backend.generate."""
        text = prompt.encode("utf-8", "replace").decode()
        if "\0" in text:
            raise PromptHasNul
        length = self._length(text)
        if length + sampling.max_tokens > self._context:
            raise PromptTooLong(
                prompt_tokens=str(length), max_tokens=str(sampling.max_tokens), context=str(self._context)
            )
        if cancelled():
            yield Piece("", 0, Finish.CANCELLED, length)
            return
        yield from self._pieces(_request(text, sampling), sampling.max_tokens, length, cancelled)

    def _pieces(self, request: Chunk, most: int, length: int, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        chunks: SimpleQueue[Chunk | None] = SimpleQueue()
        threading.Thread(target=self._complete, args=(request, chunks, cancelled), daemon=True).start()
        count = 0
        while chunk := chunks.get():
            if "error" in chunk:
                raise _refusal(request, chunk["error"]["message"][:200])
            count = min(chunk["timings"]["predicted_n"], most)
            choice = chunk["choices"][0]
            if reason := choice["finish_reason"]:
                yield Piece(choice["text"], count, Finish(reason), length)
                return
            if choice["text"]:
                yield Piece(choice["text"], count, None, length)
        if not cancelled():
            raise RuntimeError("the server ended an answer without saying why")
        yield Piece("", count, Finish.CANCELLED, length)

    def _complete(self, request: Chunk, chunks: "SimpleQueue[Chunk | None]", cancelled: Callable[[], bool]) -> None:
        def told(chunk: Chunk) -> bool:
            chunks.put(chunk)
            return cancelled()  # True makes the server stop at this token

        try:
            self._server.handle_completions(request, told)
        finally:
            chunks.put(None)

    def _length(self, text: str) -> int:
        """Tokens of the prompt, as the server itself counts them; the library offers it over the local port only."""
        body = json.dumps({"content": text, "add_special": True}).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        call = urllib.request.Request(f"{self._address}/tokenize", body, headers)  # noqa: S310  # our own server on loopback
        with urllib.request.urlopen(call, timeout=_LOCAL_SECONDS) as answer:  # noqa: S310  # as above
            return len(json.load(answer)["tokens"])


def _refusal(request: Chunk, problem: str) -> Exception:
    """A grammar is the only thing in a request that the server may find fault with."""
    if "grammar" in request:
        return SchemaRefused(place="schema", problem=f"cannot be compiled ({problem})")
    return RuntimeError(problem)


def _request(prompt: str, sampling: Sampling) -> Chunk:
    return {
        "prompt": prompt,
        "n_predict": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "samplers": list(_SAMPLERS),
        "stop": [sampling.stop] if sampling.stop else [],
        "stream": True,
        "cache_prompt": False,  # what another request left behind would change the rounding, and so the text
        "timings_per_token": True,
        **({"grammar": grammar(sampling.schema)} if sampling.schema else {}),
    }
