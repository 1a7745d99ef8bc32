"""Train the nano model from the curriculum and write it as GGUF: `python train.py --out nano-q8_0.gguf`."""

import argparse
import hashlib
import math
import tempfile
import time
from pathlib import Path

import torch
from corpus import documents
from export import write_gguf
from model import Llama, Shape
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch import Tensor
from torch.nn import functional

SEED = 7
DOCUMENTS = 24_000
VALIDATION_SHARE = 0.02
BATCH = 32
IGNORED = -100
Document = tuple[list[int], list[int]]
PEAK_RATE, WARM_UP = 2e-3, 40


def train_vocabulary(texts: list[str], size: int) -> SentencePieceProcessor:
    """A byte-pair SentencePiece vocabulary with byte fallback, the only kind the runtime reads safely."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus.txt")
        corpus.write_text("".join(texts), encoding="utf-8")
        SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=str(Path(folder, "pieces")),
            vocab_size=size,
            model_type="bpe",
            byte_fallback=True,
            character_coverage=1.0,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            split_digits=True,
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            num_threads=1,
            minloglevel=2,
        )
        return SentencePieceProcessor(model_file=str(Path(folder, "pieces.model")))


def encode(pairs: list[tuple[str, str]], pieces: SentencePieceProcessor) -> list[Document]:
    """Inputs and targets of each document; the prompt is never a target, so all learning goes into the line."""
    documents = []
    for prompt, line in pairs:
        tokens = [pieces.bos_id(), *pieces.encode(prompt + line), pieces.eos_id()]
        given = len(pieces.encode(prompt))
        documents.append((tokens[:-1], [IGNORED] * given + tokens[given + 1 :]))
    return documents


def batch(data: list[Document]) -> tuple[Tensor, Tensor]:
    chosen = [data[i] for i in torch.randint(len(data), (BATCH,)).tolist()]
    longest = max(len(inputs) for inputs, _ in chosen)
    inputs = torch.tensor([i + [0] * (longest - len(i)) for i, _ in chosen])
    targets = torch.tensor([t + [IGNORED] * (longest - len(t)) for _, t in chosen])
    return inputs, targets


def loss_of(network: Llama, data: list[Document]) -> Tensor:
    inputs, targets = batch(data)
    logits = network(inputs)
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def fit(network: Llama, data: list[Document], steps: int) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.95), weight_decay=0.05)
    started = time.monotonic()
    for step in range(1, steps + 1):
        cosine = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.param_groups[0]["lr"] = PEAK_RATE * min(1.0, step / WARM_UP) * cosine
        loss = loss_of(network, data)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0 or step == 1:
            print(f"step {step}/{steps} loss {loss.item():.3f} after {time.monotonic() - started:.0f} s", flush=True)


def validate(network: Llama, data: list[Document]) -> float:
    with torch.no_grad():
        return sum(loss_of(network, data).item() for _ in range(20)) / 20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=1000)
    chosen = options.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    pairs = documents(SEED, DOCUMENTS)
    pieces = train_vocabulary(["".join(pair) for pair in pairs], Shape.vocabulary)
    held_out = int(len(pairs) * VALIDATION_SHARE)
    network = Llama(Shape(vocabulary=pieces.vocab_size()))
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters, {len(pairs):,} documents", flush=True)
    fit(network, encode(pairs[held_out:], pieces), chosen.steps)
    print(f"validation loss {validate(network, encode(pairs[:held_out], pieces)):.3f}")
    write_gguf(chosen.out, network, pieces, "little-monster-nano")
    data = chosen.out.read_bytes()
    print(f"{chosen.out}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
