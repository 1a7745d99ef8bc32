"""`lm models`, also `python -m inference_service.models`: list, pull, verify and rm the files of the registry's models."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from inference_service.domain.models import MEBIBYTE, ModelCard
from inference_service.engine import llama
from inference_service.engine.gguf import GgufRefused
from inference_service.engine.spec import file_sha256
from inference_service.models.download import Download
from inference_service.models.errors import ModelCommandError, NothingToDo, NotVerified
from inference_service.storage import Registry, read_registry

DEFAULT_FOLDER = Path(".local/models")
Say = Callable[[str], None]


def parse(arguments: list[str], program: str) -> argparse.Namespace:
    """The options of the command. Exits with usage when they make no sense."""
    parser = argparse.ArgumentParser(prog=program, description="The models that can be run on this machine.")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every model of the registry and whether its file is here")
    pull = actions.add_parser("pull", help="fetch a model's file; goes on where an earlier attempt stopped")
    pull.add_argument("model")
    pull.add_argument("--yes", action="store_true", help="accept a model for which the registry has no checksum")
    verify = actions.add_parser(
        "verify", help="check files against their checksums and structure; all when none is named"
    )
    verify.add_argument("model", nargs="*")
    remove = actions.add_parser("rm", help="delete a model's file, finished or not")
    remove.add_argument("model")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> int:
    """Do what was asked, with the service's own registry and folder. Return the exit code; 1 says what is wrong on stderr,
    130 that it was interrupted."""
    registry_file = environment.get("LM_MODEL_REGISTRY")
    folder = Path(environment.get("LM_MODELS_DIR") or DEFAULT_FOLDER)
    try:
        registry = read_registry(Path(registry_file) if registry_file else None, folder)
        _act(options, registry)
    except (ModelCommandError, ValueError, OSError) as error:
        print(f"lm models: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lm models: interrupted. What came is kept: pull again to go on from there.", file=sys.stderr)
        return 130
    return 0


def _act(options: argparse.Namespace, registry: Registry) -> None:
    match options.action:
        case "list":
            list_models(registry)
        case "pull":
            pull(registry, _named(registry, options.model), accept_unknown=options.yes)
        case "verify":
            chosen = [_named(registry, name) for name in options.model]
            verify(registry, chosen or [card for card in registry.cards if registry.path(card).is_file()])
        case "rm":
            remove(registry, _named(registry, options.model))


def _named(registry: Registry, name: str) -> ModelCard:
    for card in registry.cards:
        if card.name == name:
            return card
    raise NothingToDo(model=name, why="is not in the registry; `lm models list` shows what is")


def list_models(registry: Registry, say: Say = print) -> None:
    """One line a model: name, quantisation, size, whether its file is here, licence."""
    say(f"{'NAME':<24} {'QUANT':<8} {'SIZE':>10}  {'FILE':<12} LICENCE")
    for card in registry.cards:
        say(
            f"{card.name:<24} {card.quantization:<8} {card.size_bytes / MEBIBYTE:>6,.0f} MiB  "
            f"{_whereabouts(registry, card):<12} {card.license}"
        )


def _whereabouts(registry: Registry, card: ModelCard) -> str:
    path = registry.path(card)
    if path.is_file():
        return "installed" if registry.described(card).sha256 else "not verified"
    part = path.with_name(f"{path.name}.part")
    return f"{part.stat().st_size * 100 // card.size_bytes} % pulled" if part.is_file() else "missing"


def pull(registry: Registry, card: ModelCard, *, accept_unknown: bool, say: Say = print) -> None:
    """Fetch, check and install the file. Raises ModelCommandError."""
    path = registry.path(card)
    if path.is_file():
        raise NothingToDo(model=card.name, why=f"is here already: {path}")
    if path.exists():
        raise NothingToDo(model=card.name, why=f"cannot have its file where something else is; move it away: {path}")
    if not card.source:
        raise NothingToDo(model=card.name, why=f"has no source in the registry; put its file at {path}")
    if not card.sha256 and not accept_unknown:
        raise NothingToDo(
            model=card.name,
            why="has no checksum in the registry, so nobody here can tell whether what comes is the right file. "
            f"To trust {card.source} once and pin what it gives, run `lm models pull {card.name} --yes`",
        )
    say(f"{card.name}: {card.license}, from {card.source}")
    with _bar(card.name) as progress:
        found = Download(card.source, path, card.size_bytes, pausing=tell_pause).fetch(card.sha256, progress)
    if not card.sha256:
        registry.pin(card).write_text(f"{found}  {card.file}\n", encoding="ascii")
        say(f"pinned to SHA-256 {found}: another file under this name will be refused")
    try:
        verify(registry, [card], say)
    except NotVerified:
        remove(registry, card, say)
        raise


def tell_pause(problem: str, seconds: float) -> None:
    """Say on stderr why nothing comes for a while."""
    print(f"lm models: {problem}. Trying again in {seconds:.0f} s.", file=sys.stderr)


def verify(registry: Registry, cards: list[ModelCard], say: Say = print) -> None:
    """Check size, SHA-256 and structure of each. Raises NotVerified at the first that is wrong."""
    for card in cards:
        described, path = registry.described(card), registry.path(card)
        if why := _problem(described, path):
            raise NotVerified(model=card.name, why=why)
        say(f"{card.name}: right, {path}")


def _problem(card: ModelCard, path: Path) -> str:
    if not path.is_file():
        return "its file is not here"
    if path.stat().st_size != card.size_bytes:
        return f"its file has {path.stat().st_size} bytes instead of {card.size_bytes}"
    if not card.sha256:
        return "its registry entry has no checksum and it was not pulled by this command"
    if (found := file_sha256(path)) != card.sha256:
        return f"its file has the SHA-256 {found} instead of {card.sha256}"
    try:
        llama.check_any(path)
    except GgufRefused as error:
        return str(error)
    return ""


def remove(registry: Registry, card: ModelCard, say: Say = print) -> None:
    """Delete what was pulled; files that lie beside the registry are not this command's."""
    path = registry.path(card)
    if registry.pulled is None or path.parent != registry.pulled:
        raise NothingToDo(model=card.name, why=f"lies beside the registry and was not pulled: {path}")
    found = [file for file in (path, *(path.with_name(f"{path.name}.{end}") for end in _SIDE_FILES)) if file.is_file()]
    if not found:
        raise NothingToDo(model=card.name, why="is not here")
    for file in found:
        file.unlink()
    say(f"{card.name}: removed from {path.parent}")


_SIDE_FILES = ("part", "etag", "sha256")


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr when that is a terminal; elsewhere silence, so that logs stay readable."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda have, size: bar.update(task, completed=have, total=size)
