"""Write the trained network and its SentencePiece vocabulary as one Q8_0 GGUF file."""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import quantize
from model import NORM_EPSILON, Llama
from sentencepiece import SentencePieceProcessor

FILE_TYPE_Q8_0 = 7


def write_gguf(path: Path, network: Llama, pieces: SentencePieceProcessor, name: str) -> None:
    """Write `path`; matrices become Q8_0, norms stay F32 (ggml requires it)."""
    writer = gguf.GGUFWriter(str(path), "llama")
    _add_hyperparameters(writer, network, name)
    _add_vocabulary(writer, pieces)
    for key, parameter in network.state_dict().items():
        weights = parameter.detach().numpy().astype(np.float32)
        if weights.ndim == 1:
            writer.add_tensor(key, weights)
        else:
            q8 = GGMLQuantizationType.Q8_0
            writer.add_tensor(key, quantize(weights, q8), raw_dtype=q8)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_hyperparameters(writer: gguf.GGUFWriter, network: Llama, name: str) -> None:
    shape = network.shape
    writer.add_name(name)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_file_type(FILE_TYPE_Q8_0)


def _add_vocabulary(writer: gguf.GGUFWriter, pieces: SentencePieceProcessor) -> None:
    ids = range(pieces.vocab_size())
    writer.add_tokenizer_model("llama")
    writer.add_token_list([pieces.id_to_piece(i).encode() for i in ids])
    writer.add_token_scores([pieces.get_score(i) for i in ids])
    writer.add_token_types([_token_type(pieces, i) for i in ids])
    writer.add_bos_token_id(pieces.bos_id())
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_unk_token_id(pieces.unk_id())


def _token_type(pieces: SentencePieceProcessor, token: int) -> int:
    if pieces.is_unknown(token):
        return gguf.TokenType.UNKNOWN
    if pieces.is_control(token):
        return gguf.TokenType.CONTROL
    return gguf.TokenType.BYTE if pieces.is_byte(token) else gguf.TokenType.NORMAL
