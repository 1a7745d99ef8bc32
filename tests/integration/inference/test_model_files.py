"""Broken and foreign model files are refused with the reason, before native code sees them."""

import contextlib
import hashlib
import os
import re
import struct
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_service.domain.generation import Sampling
from inference_service.domain.models import MEBIBYTE, EngineName, EngineState
from inference_service.engine import llama
from inference_service.engine.gguf import LARGEST_HEADER, GgufRefused
from inference_service.engine.supervised import SupervisedEngine
from inference_service.errors import ModelUnavailable
from inference_service.storage import Registry, read_registry

StartEngine = Callable[..., Awaitable[SupervisedEngine]]
CARD = "little-monster-nano"
EPSILON = b"llama.attention.layer_norm_rms_epsilon"


@pytest.fixture
def model(registry: Registry) -> bytes:
    return registry.path(registry.card(CARD)).read_bytes()


def _replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def _with_number(data: bytes, key: bytes, code: str, value: float) -> bytes:
    """`data` with another value for a key of the header that holds one number of four bytes."""
    at = data.index(struct.pack("<Q", len(key)) + key) + 8 + len(key) + 4
    return data[:at] + struct.pack(f"<{code}", value) + data[at + 4 :]


def test_the_shipped_model_is_what_its_registry_says(registry: Registry, model: bytes) -> None:
    card = registry.card(CARD)
    sizes = llama.check(registry.path(card))
    assert hashlib.sha256(model).hexdigest() == card.sha256
    assert len(model) == card.size_bytes <= 5 * 1024 * 1024
    assert sizes.context == card.context_length


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda data: b"", "only 0 bytes"),
        (lambda data: data[:20], "only 20 bytes"),
        (lambda data: b"NOPE" + data[4:], "does not begin with 'GGUF'"),
        (lambda data: data[:4] + struct.pack("<I", 1) + data[8:], "GGUF version 1"),
        (lambda data: data[:4] + struct.pack(">I", 3) + data[8:], "big-endian"),
        (lambda data: data[:8] + struct.pack("<Q", 1 << 60) + data[16:], "implausible"),
        (lambda data: data[:24] + struct.pack("<Q", 1 << 50) + data[32:], "a string of"),
        (lambda data: data[:1000], "ends inside its header"),
        (lambda data: data[: len(data) // 2], "it is truncated"),
        (lambda data: data[:-1], "it is truncated"),
        (lambda data: _replaced(data, b"blk.1.ffn_up", b"blk.1.ffn_xx"), "tensor blk.1.ffn_up.weight is missing"),
        (lambda data: _replaced(data, b"blk.1.ffn_up", b"blk.0.ffn_up"), "'blk.0.ffn_up.weight' is there twice"),
        (lambda data: _replaced(data, b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0gemma"), "only b'llama'"),
        (lambda data: _with_number(data, EPSILON, "f", float("nan")), "rms_epsilon of nan is implausible"),
        (lambda data: _with_number(data, EPSILON, "f", -1.0), "rms_epsilon of -1.0 is implausible"),
        (lambda data: _with_number(data, EPSILON, "f", float("inf")), "rms_epsilon of inf is implausible"),
        (lambda data: _with_number(data, b"llama.context_length", "I", 0), "sizes are implausible"),
        (lambda data: _with_number(data, b"llama.block_count", "I", (1 << 32) - 1), "sizes are implausible"),
        (lambda data: _with_number(data, b"tokenizer.ggml.eos_token_id", "I", 1024), "eos token is outside"),
        (lambda data: _replaced(data, b"<0x41>", b"<0xZZ>"), "lacks the 256 byte tokens"),
        (lambda data: _replaced(data, b"<0x41>", b"<0x42>"), "vocabulary is inconsistent"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(
    damage: Callable[[bytes], bytes], why: str, model: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "damaged.gguf"
    file.write_bytes(damage(model))
    with pytest.raises(GgufRefused, match=why):
        llama.check(file)


def _hostile(file: Path, *values: tuple[int, int, int]) -> Path:
    """A file whose header is nothing but `values`, each an array of (type of its items, how many, bytes of them), all zero."""
    with file.open("wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)))
        for number, (kind, count, size) in enumerate(values):
            out.write(struct.pack("<Q4sIIQ", 4, f"{number:04}".encode(), 9, kind, count))
            out.seek(size, os.SEEK_CUR)
        out.truncate(out.tell() + 64)
    return file


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([(0, 1_500_000, 1_500_000)] * 2, "arrays of 3000000 items are implausible"),
        ([(8, 2_000_001, 0)], "arrays of 2000001 items are implausible"),
        ([(8, (1 << 64) - 1, 0)], "items are implausible"),
    ],
)
def test_a_header_that_would_fill_the_memory_is_refused_before_it_does(
    values: list[tuple[int, int, int]], why: str, tmp_path: Path
) -> None:
    file = _hostile(tmp_path / "hostile.gguf", *values)
    tracemalloc.start()
    try:
        with pytest.raises(GgufRefused, match=why):
            llama.check_any(file)
        assert tracemalloc.get_traced_memory()[1] < 128 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_a_header_longer_than_that_of_any_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.gguf"
    with file.open("wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 100))
        for number in range(100):
            out.write(struct.pack("<Q4sIQ", 4, f"{number:04}".encode(), 8, 1 << 20))
            out.seek(1 << 20, os.SEEK_CUR)
        out.truncate(out.tell() + 64)
    with pytest.raises(GgufRefused, match=f"a header of more than {LARGEST_HEADER} bytes"):
        llama.check_any(file)


@pytest.mark.parametrize("context", [0, (1 << 32) - 1])
def test_a_model_of_another_architecture_may_not_claim_any_context(context: int, tmp_path: Path) -> None:
    texts = {b"general.architecture": b"qwen2", b"tokenizer.ggml.model": b"gpt2"}
    header = b"".join(
        struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(text)) + text for key, text in texts.items()
    )
    key = b"qwen2.context_length"
    number = struct.pack("<Q", len(key)) + key + struct.pack("<II", 4, context)
    file = tmp_path / "other.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 3) + header + number)
    with pytest.raises(GgufRefused, match=f"a context of {context} tokens is implausible"):
        llama.check_any(file)


@given(at=st.integers(0, 60_000), bits=st.integers(1, 255))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_byte_is_refused_or_harmless_but_never_another_error(
    at: int, bits: int, model: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "flipped.gguf"
    if not file.exists():
        file.write_bytes(model)
    with file.open("r+b") as damaged:
        damaged.seek(at)
        damaged.write(bytes([model[at] ^ bits]))
    with contextlib.suppress(GgufRefused):
        assert llama.check(file).vocabulary == 1024
    with file.open("r+b") as repaired:
        repaired.seek(at)
        repaired.write(model[at : at + 1])


async def _refusal(engine: SupervisedEngine) -> str:
    async with aclosing(engine.generate("x", Sampling(4))) as pieces:
        with pytest.raises(ModelUnavailable) as refusal:
            await anext(pieces)
    return str(refusal.value)


@pytest.mark.parametrize("library", EngineName)
async def test_a_truncated_model_is_never_loaded_and_its_requests_say_why(
    start_engine: StartEngine, model: bytes, tmp_path: Path, library: EngineName
) -> None:
    file = tmp_path / "truncated.gguf"
    file.write_bytes(model[:-1000])
    engine = await start_engine(path=file, library=library)
    assert "it is truncated" in await _refusal(engine)
    assert not await engine.serving()
    assert engine.state is not EngineState.READY


async def test_a_model_with_another_checksum_is_never_loaded(start_engine: StartEngine) -> None:
    engine = await start_engine(sha256="0" * 64)
    assert "its SHA-256 is" in await _refusal(engine)


async def test_a_folder_a_pipe_and_a_link_to_itself_are_no_models(start_engine: StartEngine, tmp_path: Path) -> None:
    folder, pipe, link = (tmp_path / name for name in ("folder.gguf", "pipe.gguf", "link.gguf"))
    folder.mkdir()
    os.mkfifo(pipe)
    link.symlink_to(link)
    for path, why in ((folder, "Is a directory"), (pipe, "only 0 bytes"), (link, "symbolic links")):
        assert why in await _refusal(await start_engine(path=path))


async def test_a_link_is_followed_and_what_it_leads_to_judged(
    start_engine: StartEngine, model: bytes, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_bytes(model[:-1000])
    link = tmp_path / "link.gguf"
    link.symlink_to(tmp_path / "elsewhere")
    assert "it is truncated" in await _refusal(await start_engine(path=link))


async def test_a_missing_file_is_said_to_be_missing(start_engine: StartEngine, tmp_path: Path) -> None:
    engine = await start_engine(path=tmp_path / "none.gguf")
    assert "No such file" in await _refusal(engine)
    assert engine.state is EngineState.MISSING


def test_a_registry_of_ones_own_names_the_files_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    entry = "- {name: big, purpose: p, architecture: llama, quantization: Q4_0, context_length: 4096, license: MIT, "
    file.write_text(entry + f"file: big.gguf, size_bytes: 1, sha256: '{'0' * 64}'}}\n")
    registry = read_registry(file)
    assert registry.path(registry.card("big")) == tmp_path / "big.gguf"
    assert registry.present() == frozenset()
    with pytest.raises(ValueError, match="Set LM_MODEL to one of: big"):
        registry.card("small")


@pytest.mark.parametrize("text", ["[]", "- {name: x}", "- 3"])
def test_a_registry_that_is_not_valid_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  # the schema's own message names the field
        read_registry(file)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"file": ".."}, "a plain name without a folder"),
        ({"file": ""}, "a plain name without a folder"),
        ({"file": "../x.gguf"}, "a plain name without a folder"),
        ({"file": "/etc/passwd"}, "a plain name without a folder"),
        ({"file": "x\0.gguf"}, "a plain name without a folder"),
        ({"file": "x" * 300}, "a plain name without a folder"),
        ({"name": ""}, "needs a name"),
        ({"name": "a b"}, "needs a name"),
        ({"size_bytes": 0}, "below what is possible"),
        ({"context_length": -1}, "below what is possible"),
        ({"cache_bytes_per_token": -1}, "below what is possible"),
        ({"sha256": "A" * 64}, "64 hexadecimal digits in lower case"),
        ({"source": "file:///etc/passwd"}, "does not begin with https://"),
    ],
)
def test_a_registry_with_an_impossible_model_is_refused_by_name(
    wrong: dict[str, object], why: str, tmp_path: Path
) -> None:
    right = {"name": "big", "purpose": "p", "architecture": "llama", "quantization": "Q4_0", "context_length": 4096}
    right |= {"license": "MIT", "file": "big.gguf", "size_bytes": 1}
    file = tmp_path / "models.yaml"
    file.write_text(yaml.safe_dump([right]))
    assert read_registry(file).cards
    file.write_text(yaml.safe_dump([right | wrong]))
    with pytest.raises(ValueError, match=re.escape(why)):
        read_registry(file)
