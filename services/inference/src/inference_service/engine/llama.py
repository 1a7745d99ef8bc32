"""What a GGUF file must hold to be a llama with a SentencePiece vocabulary, the one kind the engine loads safely."""

import math
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from inference_service.engine.gguf import (
    ALIGNMENT,
    FLOAT32,
    INT32,
    STRING,
    UINT32,
    Entry,
    GgufRefused,
    Header,
    padded,
    read_header,
)

# ggml's tensor types: (values in a block, bytes of a block)
BLOCKS = MappingProxyType(
    {
        0: (1, 4),
        1: (1, 2),
        2: (32, 18),
        3: (32, 20),
        6: (32, 22),
        7: (32, 24),
        8: (32, 34),
        10: (256, 84),
        11: (256, 110),
        12: (256, 144),
        13: (256, 176),
        14: (256, 210),
    }
)
F32_TENSOR = 0
LONGEST_CONTEXT = 1 << 24
"""Tokens that a model of any architecture may claim; the longest there are remember ten million."""
BYTE_TOKENS = tuple(f"<0x{byte:02X}>".encode() for byte in range(256))


@dataclass(frozen=True, slots=True)
class Sizes:
    width: int
    layers: int
    heads: int
    key_heads: int
    feed_forward: int
    context: int
    vocabulary: int


def check(path: Path) -> Sizes:
    """Return the sizes of the llama in `path`. Raises GgufRefused when native code could not load it safely."""
    header = read_header(path)
    if header.metadata.get("general.alignment", Entry(UINT32, UINT32, ALIGNMENT)).value != ALIGNMENT:
        raise GgufRefused(f"its alignment is not {ALIGNMENT}")
    _check_text(header, "general.architecture", b"llama")
    _check_text(header, "tokenizer.ggml.model", b"llama")
    _check_layout(header)
    sizes = _sizes(header, _vocabulary(header))
    _check_tensors(header, sizes)
    return sizes


def check_any(path: Path) -> int:
    """Return the context, in tokens, of the model of any architecture in `path`. Raises GgufRefused when its header is damaged,
    it holds no whole language model, or it is a llama that fails `check`."""
    header = read_header(path)
    texts = [header.metadata.get(key) for key in ("general.architecture", "tokenizer.ggml.model")]
    architecture, tokenizer = (entry.value if entry else None for entry in texts)
    if not isinstance(architecture, bytes) or not isinstance(tokenizer, bytes):
        raise GgufRefused("it names no architecture or no tokenizer: it is no language model")
    if (architecture, tokenizer) == (b"llama", b"llama"):
        return check(path).context
    for name, tensor in header.tensors.items():
        if header.data_start + tensor.offset >= header.file_size:
            raise GgufRefused(f"the file ends before tensor {name}: it is truncated")
    context = _integer(header, f"{architecture.decode('utf-8', 'replace')}.context_length")
    if not 0 < context <= LONGEST_CONTEXT:
        raise GgufRefused(f"a context of {context} tokens is implausible")
    return context


def _check_text(header: Header, key: str, wanted: bytes) -> None:
    entry = header.metadata.get(key)
    if entry is None or entry.value != wanted:
        found = entry.value if entry else None
        raise GgufRefused(f"its {key} is {found!r}; only {wanted!r} can be loaded")


def _integer(header: Header, key: str, default: int | None = None) -> int:
    entry = header.metadata.get(key)
    if entry is None and default is not None:
        return default
    if entry is None or entry.kind != UINT32 or not isinstance(entry.value, int):
        raise GgufRefused(f"its {key} is missing or no 32-bit number")
    return entry.value


def _check_layout(header: Header) -> None:
    """Tensors must follow each other without gaps and end inside the file."""
    position = 0
    for name, tensor in header.tensors.items():
        if tensor.kind not in BLOCKS:
            raise GgufRefused(f"tensor {name} has type {tensor.kind}, which the engine does not know")
        values, size = BLOCKS[tensor.kind]
        if tensor.shape[0] % values:
            raise GgufRefused(f"the rows of tensor {name} are no multiple of {values}")
        if tensor.offset != position:
            raise GgufRefused(f"tensor {name} does not follow the one before it")
        length = math.prod(tensor.shape) // values * size
        if header.data_start + position + length > header.file_size:
            raise GgufRefused(f"the file ends inside tensor {name}: it is truncated")
        position = padded(position + length)


def _vocabulary(header: Header) -> int:
    keys = {"tokens": (STRING,), "scores": (FLOAT32,), "token_type": (UINT32, INT32)}
    columns = []
    for key, kinds in keys.items():
        entry = header.metadata.get(f"tokenizer.ggml.{key}")
        if entry is None or not isinstance(entry.value, tuple) or entry.item_kind not in kinds:
            raise GgufRefused(f"its vocabulary has no valid {key}")
        columns.append(entry.value)
    tokens, scores, kinds_of_token = columns
    if not len(tokens) == len(scores) == len(kinds_of_token) == len(set(tokens)):
        raise GgufRefused("its vocabulary is inconsistent")
    if not {*BYTE_TOKENS} <= {*tokens}:
        raise GgufRefused("its vocabulary lacks the 256 byte tokens")
    for key in ("bos", "eos", "unknown"):
        if _integer(header, f"tokenizer.ggml.{key}_token_id", 0) >= len(tokens):
            raise GgufRefused(f"its {key} token is outside the vocabulary")
    return len(tokens)


def _sizes(header: Header, vocabulary: int) -> Sizes:
    heads = _integer(header, "llama.attention.head_count")
    sizes = Sizes(
        width=_integer(header, "llama.embedding_length"),
        layers=_integer(header, "llama.block_count"),
        heads=heads,
        key_heads=_integer(header, "llama.attention.head_count_kv", heads),
        feed_forward=_integer(header, "llama.feed_forward_length"),
        context=_integer(header, "llama.context_length"),
        vocabulary=vocabulary,
    )
    plausible = 0 < sizes.layers <= 200 and 0 < heads <= 256 and 0 < sizes.key_heads <= heads
    if not plausible or heads % sizes.key_heads or sizes.width % heads or not 0 < sizes.context <= 1 << 20:
        raise GgufRefused(f"its sizes are implausible: {sizes}")
    if _integer(header, "llama.rope.dimension_count", sizes.width // heads) != sizes.width // heads:
        raise GgufRefused("its rotary positions do not fit its heads")
    _check_float(header, "llama.attention.layer_norm_rms_epsilon", below=1.0)
    if "llama.rope.freq_base" in header.metadata:
        _check_float(header, "llama.rope.freq_base")
    return sizes


def _check_float(header: Header, key: str, below: float = math.inf) -> None:
    """Positive and below `below`: of anything else a model would compute no numbers."""
    entry = header.metadata.get(key)
    if entry is None or entry.kind != FLOAT32 or not isinstance(entry.value, float):
        raise GgufRefused(f"its {key} is missing or no 32-bit float")
    if not 0 < entry.value < below:
        raise GgufRefused(f"its {key} of {entry.value} is implausible")


def _check_tensors(header: Header, sizes: Sizes) -> None:
    for name, shape in _expected_shapes(sizes).items():
        tensor = header.tensors.get(name)
        if tensor is None:
            raise GgufRefused(f"tensor {name} is missing")
        if tensor.shape != shape:
            raise GgufRefused(f"tensor {name} has shape {tensor.shape} instead of {shape}")
        if len(shape) == 1 and tensor.kind != F32_TENSOR:
            raise GgufRefused(f"tensor {name} must hold 32-bit floats")


def _expected_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    width, inner = sizes.width, sizes.feed_forward
    keys = width // sizes.heads * sizes.key_heads
    block = {
        "attn_norm": (width,),
        "attn_q": (width, width),
        "attn_k": (width, keys),
        "attn_v": (width, keys),
        "attn_output": (width, width),
        "ffn_norm": (width,),
        "ffn_gate": (width, inner),
        "ffn_up": (width, inner),
        "ffn_down": (inner, width),
    }
    ends = {
        "token_embd.weight": (width, sizes.vocabulary),
        "output_norm.weight": (width,),
        "output.weight": (width, sizes.vocabulary),
    }
    blocks = {f"blk.{i}.{part}.weight": shape for i in range(sizes.layers) for part, shape in block.items()}
    return {**ends, **blocks}
