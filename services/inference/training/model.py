"""A small llama in torch, weight for weight what ggml's llama architecture computes."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

NORM_EPSILON = 1e-5
ROPE_BASE = 10_000
DEVIATION = 0.02


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; rows must be multiples of 32 for the Q8_0 blocks."""

    vocabulary: int = 1024
    width: int = 192
    layers: int = 4
    heads: int = 6
    feed_forward: int = 512
    context: int = 512


class Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.shape[-1],), self.weight, NORM_EPSILON)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary positions on interleaved pairs, ggml's NORM layout."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), -1).flatten(-2)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        width, inner = shape.width, shape.feed_forward
        self.attn_norm, self.ffn_norm = Norm(width), Norm(width)
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (
            nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.ffn_gate, self.ffn_up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, length, width = x.shape
        hidden = self.attn_norm(x)
        q, k, v = (
            project(hidden).view(batch, length, self.heads, -1).transpose(1, 2)
            for project in (self.attn_q, self.attn_k, self.attn_v)
        )
        mixed = functional.scaled_dot_product_attention(
            rotate(q, cosine, sine), rotate(k, cosine, sine), v, is_causal=True
        )
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(batch, length, width))
        hidden = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(hidden)) * self.ffn_up(hidden))


class Llama(nn.Module):
    cosine: Tensor
    sine: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.width)
        self.output = nn.Linear(shape.width, shape.vocabulary, bias=False)
        self.output.weight = self.token_embd.weight
        self._start()
        head = shape.width // shape.heads
        angles = torch.outer(torch.arange(shape.context).float(), ROPE_BASE ** -(torch.arange(0, head, 2) / head))
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)

    def _start(self) -> None:
        """Random, but so that heads look for what is alike and say what they find: copying is then learned sooner."""
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=DEVIATION)
        nn.init.normal_(self.token_embd.weight, std=2 * DEVIATION)
        for block in self.blk:
            nn.init.normal_(block.attn_q.weight, std=2.5 * DEVIATION)
            nn.init.orthogonal_(block.attn_v.weight)
            block.attn_k.weight.data = block.attn_q.weight.data.clone()
            block.attn_output.weight.data = block.attn_v.weight.data.T / 2

    def forward(self, ids: Tensor, wanted: Tensor) -> Tensor:
        """Logits after the positions where `wanted` is true."""
        length = ids.shape[1]
        x = self.token_embd(ids)
        for block in self.blk:
            x = block(x, self.cosine[:length], self.sine[:length])
        return self.output(self.output_norm(x[wanted]))
