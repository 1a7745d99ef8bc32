"""Makes the table of how languages spell: python languages.py <lingua's package folder> <folder of clones>. See README.md.

lingua brings along how often each run of one to five letters occurs inside the words of 75 languages; a language it lacks is
counted from texts. Of all that, only what makes a difference is kept. The same input gives the same file.
"""

import io
import json
import math
import sys
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import brotli
import numpy as np
from public_texts import SOURCES, file_of

from inference_service.classifiers import __file__ as package
from inference_service.clients.ngrams import BACKOFF, LONGEST, STEP, UNSEEN, WORDS

LENGTHS = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")
LEAST = 4.2e-5
"""What the absence of a run would change, in nats a letter of its language; the rest is left out."""
RAREST_LETTER = 6e-6
TAGS = {"nb": "no"}
Spelling = dict[str, float]
"""The logarithm of how likely the last letter of a run is after the others."""


def main(lingua: Path, clones: Path) -> None:
    read = {TAGS.get(tag, tag): spelling for tag, spelling in _languages(lingua, clones)}
    entries = sorted(
        (zlib.crc32(run.encode()), place, min(round(-value / STEP), 255))
        for place, tag in enumerate(sorted(read))
        for run, value in read[tag].items()
    )
    runs, languages, costs = (np.array(column) for column in zip(*entries, strict=True))
    hashes, starts = np.unique(runs, return_index=True)
    np.savez_compressed(
        Path(package).parent / "languages.npz",
        tags=np.array(sorted(read)),
        runs=hashes.astype(np.uint32),
        starts=np.append(starts, len(runs)).astype(np.uint32),
        languages=languages.astype(np.uint8),
        costs=costs.astype(np.uint8),
    )
    print(f"{len(read)} languages, {len(hashes)} runs of letters, {len(runs)} entries")


def _languages(lingua: Path, clones: Path) -> Iterator[tuple[str, Spelling]]:
    for folder in sorted((lingua / "language-models").iterdir()):
        yield folder.name, _kept(_lingua(folder))
    for source in SOURCES["spelling"]:
        yield source["language"], _kept(_counted(file_of(clones, source)))


def _lingua(folder: Path) -> Spelling:
    spelling = {}
    for length in LENGTHS:
        if (file := folder / f"{length}.json.br").exists():
            for share, runs in json.loads(brotli.decompress(file.read_bytes()))["ngrams"].items():
                part, whole = map(int, share.split("/"))
                spelling |= dict.fromkeys(runs.split(), math.log(part / whole))
    return spelling


def _counted(archive: bytes) -> Spelling:
    counts: Counter[str] = Counter()
    for word, times in Counter(_words(archive)).items():
        for start in range(len(word)):
            for end in range(start + 1, min(start + LONGEST, len(word)) + 1):
                counts[word[start:end]] += times
    letters = sum(times for run, times in counts.items() if len(run) == 1)
    return {run: math.log(times / (counts[run[:-1]] if run[:-1] else letters)) for run, times in counts.items()}


def _words(archive: bytes) -> Iterator[str]:
    """Words of a corpus that has one a line, its lemma behind it and # inside what belongs together."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in sorted(files.getnames()):
            if member.endswith(".tsv"):
                for line in files.extractfile(member).read().decode().splitlines():
                    yield from WORDS.findall(line.partition("\t")[0].replace("#", " ").lower())


def _kept(spelling: Spelling) -> Spelling:
    shares: dict[str, float] = {"": 1.0}
    kept = {}
    for run in sorted(spelling, key=len):
        shares[run] = shares.get(run[:-1], 0.0) * math.exp(spelling[run])
        if (len(run) == 1 and shares[run] > RAREST_LETTER) or shares[run] * _surprise(run, spelling) > LEAST:
            kept[run] = spelling[run]
    return kept


def _surprise(run: str, spelling: Mapping[str, float]) -> float:
    """How far off the last letter would be judged without the run: by the longest ending of it that is known."""
    for start in range(1, len(run)):
        if run[start:] in spelling:
            return abs(spelling[run] - spelling[run[start:]] + start * BACKOFF)
    return abs(spelling[run] - UNSEEN)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
