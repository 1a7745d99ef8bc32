"""Train the nano model from the curriculum and write it as GGUF: `python train.py --out nano-q8_0.gguf`."""

import argparse
import hashlib
import math
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from corpus import Corpus, corpora
from export import write_gguf
from model import Llama, Shape
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch import Tensor
from torch.nn import functional

SEED = 7
VOCABULARY_DOCUMENTS = 20_000
BATCH, POOL = 16, 16
IGNORED = -100
Document = tuple[list[int], list[int]]
Batch = tuple[Tensor, Tensor]
PEAK_RATE, WARM_UP = 3e-3, 100
VALIDATION_BATCHES, TOLD_EACH = 32, 100


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


def encode(pair: tuple[str, str], pieces: SentencePieceProcessor) -> Document:
    """Inputs and targets; the prompt is never a target, so all learning goes into the line."""
    prompt, line = pair
    tokens = [pieces.bos_id(), *pieces.encode(prompt + line), pieces.eos_id()]
    given = len(pieces.encode(prompt))
    return tokens[:-1], [IGNORED] * given + tokens[given + 1 :]


def batches(corpus: Corpus, pieces: SentencePieceProcessor, seed: int) -> Iterator[Batch]:
    """Endless batches of documents of like length, so that little is padding."""
    documents = (encode(pair, pieces) for pair in corpus.documents(seed))
    shuffle = torch.Generator().manual_seed(seed)
    while True:
        pool = sorted(islice(documents, BATCH * POOL), key=lambda document: len(document[0]))
        for i in torch.randperm(POOL, generator=shuffle).tolist():
            yield _padded(pool[i * BATCH : (i + 1) * BATCH])


def _padded(documents: list[Document]) -> Batch:
    longest = max(len(inputs) for inputs, _ in documents)
    inputs = torch.tensor([i + [0] * (longest - len(i)) for i, _ in documents])
    targets = torch.tensor([t + [IGNORED] * (longest - len(t)) for _, t in documents])
    return inputs, targets


def loss_of(network: Llama, inputs: Tensor, targets: Tensor) -> Tensor:
    """Only positions with a target are projected onto the vocabulary."""
    told = targets != IGNORED
    return functional.cross_entropy(network(inputs, told), targets[told])


def fit(network: Llama, learned: Iterator[Batch], held_out: list[Batch], steps: int) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.98), weight_decay=0.05)
    started, since = time.monotonic(), 0.0
    for step, (inputs, targets) in enumerate(islice(learned, steps), start=1):
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.param_groups[0]["lr"] = PEAK_RATE * min(1.0, step / WARM_UP) * cosine
        loss = loss_of(network, inputs, targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        since += loss.item()
        if step % TOLD_EACH == 0:
            losses = f"loss {since / TOLD_EACH:.3f}, on topics held out {validate(network, held_out):.3f}"
            print(f"step {step}/{steps}: {losses}, after {time.monotonic() - started:.0f} s", flush=True)
            since = 0.0


def validate(network: Llama, held_out: list[Batch]) -> float:
    with torch.no_grad():
        return sum(loss_of(network, *batch).item() for batch in held_out) / len(held_out)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--steps", type=int, default=3000)
    chosen = options.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    learned, held_out = corpora()
    texts = ["".join(pair) for pair in islice(learned.documents(SEED), VOCABULARY_DOCUMENTS)]
    pieces = train_vocabulary(texts, Shape.vocabulary)
    network = Llama(Shape(vocabulary=pieces.vocab_size()))
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters, {len(learned.phrases)} topics", flush=True)
    validation = list(islice(batches(held_out, pieces, SEED), VALIDATION_BATCHES))
    fit(network, batches(learned, pieces, SEED), validation, chosen.steps)
    write_gguf(chosen.out, network, pieces, "little-monster-nano")
    data = chosen.out.read_bytes()
    print(f"{chosen.out}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
