"""Reads the public texts of sources.yaml from clones: each repository lies in a folder of its own name.

python public_texts.py <folder> clones those that are not there yet.
"""

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import yaml

SOURCES = yaml.safe_load((Path(__file__).parent / "sources.yaml").read_text())
_CNXML = "{http://cnx.rice.edu/cnxml}"
_PARTS = ("title", "para", "problem", "term", "definition", "item")
_WORD = re.compile(r"[A-Za-z]{3,}")


def books(clones: Path) -> Iterator[tuple[str, str]]:
    """Paragraphs, exercises and terms with their subject. What stands in two books, such as "Key Concepts", is left out."""
    read = {source["name"]: dict.fromkeys(_book(clones, source)) for source in SOURCES["books"]}
    for source in SOURCES["books"]:
        others = [read[name] for name in read if name != source["name"]]
        for text in read[source["name"]]:
            if len(_WORD.findall(text)) > 1 and not any(text in other for other in others):
                yield text, source["subject"]


def talk(clones: Path) -> Iterator[list[str]]:
    """What people say in passing, a list for each source."""
    for source in SOURCES["talk"]:
        text = file_of(clones, source).decode()
        if source["file"].endswith(".json"):
            parts = json.loads(text)
            yield [said for part in ("train", "oos_train") for said, _ in parts[part]]
        else:
            yield [line.split("\t")[0] for line in text.splitlines()]


def file_of(clones: Path, source: dict[str, str]) -> bytes:
    return _git(clones, source, "show", f"{source['revision']}:{source['file']}")


def folder_of(clones: Path, source: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Names and texts of the files in a folder."""
    with tarfile.open(
        fileobj=io.BytesIO(_git(clones, source, "archive", source["revision"], source["folder"]))
    ) as archive:
        for member in archive.getmembers():
            if member.isfile():
                yield Path(member.name).name, archive.extractfile(member).read().decode("utf-8", "replace")


def _book(clones: Path, source: dict[str, str]) -> Iterator[str]:
    with tarfile.open(fileobj=io.BytesIO(_git(clones, source, "archive", source["revision"], "modules"))) as archive:
        for member in archive.getmembers():
            if member.name.endswith("index.cnxml"):
                root = ElementTree.parse(archive.extractfile(member)).getroot()  # noqa: S314 - a book, read by whoever trains
                yield from _texts(root)


def _texts(root: ElementTree.Element) -> Iterator[str]:
    for part in _PARTS:
        for element in root.iter(_CNXML + part):
            if text := " ".join("".join(element.itertext()).split()):
                yield text


def _git(clones: Path, source: dict[str, str], *command: str) -> bytes:
    """Raises CalledProcessError when the clone is not there or lacks the revision."""
    folder = clones / source["name"].split("/")[1]
    return subprocess.run(["git", "-C", str(folder), *command], capture_output=True, check=True).stdout


def _clone(clones: Path) -> None:
    for source in (source for kind in SOURCES.values() for source in kind):
        folder = clones / source["name"].split("/")[1]
        if not folder.exists():
            address = f"https://github.com/{source['name']}"
            subprocess.run(
                ["git", "clone", "--filter=blob:limit=4m", "--no-checkout", address, str(folder)], check=True
            )


if __name__ == "__main__":
    _clone(Path(sys.argv[1]))
