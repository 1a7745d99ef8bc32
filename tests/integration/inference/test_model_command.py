"""`lm models` as an operator runs it, against a real HTTP server that drops connections."""

import asyncio
import hashlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from inference_service.domain.models import ModelCard
from inference_service.models import command, download
from inference_service.models.download import Download
from inference_service.models.errors import ChecksumWrong, DiskFull, DownloadFailed
from inference_service.storage import read_registry

NANO = read_registry().card("little-monster-nano")
MODEL = read_registry().path(NANO).read_bytes()
SHA256 = hashlib.sha256(MODEL).hexdigest()


@dataclass
class Source:
    """What the server gives and how it misbehaves: `drops` says after how many bytes each answer breaks off, `holds`
    after how many it comes to a standstill until `let_go`."""

    content: bytes = MODEL
    etag: str = '"one"'
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    holds: list[int] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append(dict(self.headers))
            if source.statuses:
                self.send_error(source.statuses.pop(0))
                return
            start = self._start()
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(source.content) - start))
            self.send_header("ETag", source.etag)
            self.end_headers()
            body = source.content[start:]
            if source.holds:
                self.wfile.write(body[: source.holds.pop(0)])
                source.let_go.wait()
                return
            self.wfile.write(body[: source.drops.pop(0)] if source.drops else body)
            self.close_connection = True

        def _start(self) -> int:
            fresh = self.headers.get("If-Range") in (None, source.etag)
            asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
            return int(asked) if source.ranges and fresh else 0

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        source.url = f"http://127.0.0.1:{server.server_address[1]}/model.gguf"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield source
        source.let_go.set()
        server.shutdown()
        serving.join()


def _fetch(source: Source, target: Path, sha256: str = SHA256) -> list[int]:
    told: list[int] = []
    assert Download(source.url, target, len(MODEL), retry_seconds=0.001).fetch(
        sha256, lambda have, size: told.append(have)
    )
    return told


def test_a_file_comes_whole_in_spite_of_dropped_connections(source: Source, tmp_path: Path) -> None:
    source.drops = [1_000_000, 1, 500_000, 0, 0]
    told = _fetch(source, tmp_path / "model.gguf")
    assert (tmp_path / "model.gguf").read_bytes() == MODEL
    assert [asked.get("Range") for asked in source.asked[:4]] == [
        None,
        "bytes=1000000-",
        "bytes=1000001-",
        "bytes=1500001-",
    ]
    assert told == sorted(told)
    assert told[-1] == len(MODEL)
    assert [file.name for file in tmp_path.iterdir()] == ["model.gguf"]


def test_a_later_attempt_goes_on_where_an_earlier_one_stopped(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_RETRIES", 0)
    source.drops = [700_000, 0]
    with pytest.raises(DownloadFailed, match="run the command again"):
        _fetch(source, tmp_path / "model.gguf")
    _fetch(source, tmp_path / "model.gguf")
    assert source.asked[-1]["Range"] == "bytes=700000-"
    assert (tmp_path / "model.gguf").read_bytes() == MODEL


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(source: Source, tmp_path: Path) -> None:
    (tmp_path / "model.gguf.part").write_bytes(b"old" * 1000)
    (tmp_path / "model.gguf.etag").write_text('"old"')
    _fetch(source, tmp_path / "model.gguf")
    assert source.asked[0]["If-Range"] == '"old"'
    assert (tmp_path / "model.gguf").read_bytes() == MODEL


def test_a_server_without_ranges_gives_it_from_the_start_again(source: Source, tmp_path: Path) -> None:
    source.ranges, source.drops = False, [300_000]
    _fetch(source, tmp_path / "model.gguf")
    assert (tmp_path / "model.gguf").read_bytes() == MODEL


def test_a_busy_server_is_asked_again_and_a_refusal_is_final(source: Source, tmp_path: Path) -> None:
    source.statuses = [503, 429]
    _fetch(source, tmp_path / "a.gguf")
    source.statuses = [404]
    with pytest.raises(DownloadFailed, match="the server answered 404"):
        _fetch(source, tmp_path / "b.gguf")


def test_another_file_than_promised_is_deleted(source: Source, tmp_path: Path) -> None:
    with pytest.raises(ChecksumWrong, match="do not use this source"):
        _fetch(source, tmp_path / "model.gguf", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_one_that_never_ends_is_cut_off(source: Source, tmp_path: Path) -> None:
    source.content = MODEL + b"more"
    with pytest.raises(DownloadFailed, match="larger than"):
        _fetch(source, tmp_path / "model.gguf")


def test_a_disk_without_room_is_told_before_a_byte_is_fetched(source: Source, tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="set LM_MODELS_DIR to another disk"):
        Download(source.url, tmp_path / "huge.gguf", 1 << 60).fetch("", lambda have, size: None)
    assert source.asked == []


def test_the_disk_needs_room_for_what_is_still_to_come_and_a_reserve(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.gguf.part").write_bytes(MODEL[:1000])
    enough = download.RESERVE_BYTES + len(MODEL) - 1000
    free = enough - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    with pytest.raises(DiskFull):
        _fetch(source, tmp_path / "model.gguf")
    free = enough
    _fetch(source, tmp_path / "model.gguf")
    assert (tmp_path / "model.gguf").read_bytes() == MODEL


@pytest.fixture
def environment(source: Source, tmp_path: Path) -> dict[str, str]:
    """A registry with a model of known and one of unknown checksum, at the server."""
    known = replace(NANO, name="known", file="known.gguf", source=source.url)
    cards = (known, replace(known, name="unknown", file="unknown.gguf", sha256=""))
    (tmp_path / "registry").mkdir()
    file = tmp_path / "registry" / "models.yaml"
    file.write_text(yaml.safe_dump([_entry(card) for card in cards]))
    return {"LM_MODEL_REGISTRY": str(file), "LM_MODELS_DIR": str(tmp_path / "pulled")}


def _entry(card: ModelCard) -> dict[str, object]:
    fields = ("name", "purpose", "architecture", "quantization", "context_length", "license", "file", "size_bytes")
    return {name: getattr(card, name) for name in (*fields, "sha256", "source")}


def _run(environment: dict[str, str], *arguments: str) -> int:
    return command.run(command.parse(list(arguments), "lm models"), environment)


def test_a_model_is_listed_pulled_verified_and_removed(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(environment, "list") == 0
    assert capsys.readouterr().out.count("missing") == 2
    assert _run(environment, "pull", "known") == 0
    assert "known: right" in capsys.readouterr().out
    assert _run(environment, "pull", "known") == 1
    assert "is here already" in capsys.readouterr().err
    assert _run(environment, "list") == 0
    assert "installed" in capsys.readouterr().out
    assert _run(environment, "rm", "known") == 0
    assert _run(environment, "rm", "known") == 1
    assert list(Path(environment["LM_MODELS_DIR"]).iterdir()) == []


def test_a_model_without_checksum_is_pulled_only_on_the_operators_word_and_pinned(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(environment, "pull", "unknown") == 1
    assert "lm models pull unknown --yes" in capsys.readouterr().err
    assert _run(environment, "pull", "unknown", "--yes") == 0
    assert f"pinned to SHA-256 {SHA256}" in capsys.readouterr().out
    registry = read_registry(Path(environment["LM_MODEL_REGISTRY"]), Path(environment["LM_MODELS_DIR"]))
    assert registry.described(registry.card("unknown")).sha256 == SHA256


async def test_ctrl_c_ends_a_pull_at_once_and_the_next_one_goes_on_from_there(
    source: Source, environment: dict[str, str], tmp_path: Path
) -> None:
    source.holds = [700_000]
    part = tmp_path / "pulled" / "known.gguf.part"
    pulling = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "models", "pull", "known"),
        env=os.environ | environment,
        stderr=asyncio.subprocess.PIPE,
    )
    while not (part.is_file() and part.stat().st_size):
        assert pulling.returncode is None
        await asyncio.sleep(0.01)
    pulling.send_signal(signal.SIGINT)
    _, said = await pulling.communicate()
    assert pulling.returncode == 130
    assert said.decode() == "lm models: interrupted. What came is kept: pull again to go on from there.\n"
    have = part.stat().st_size
    assert 0 < have <= 700_000
    assert await asyncio.to_thread(_run, environment, "pull", "known") == 0
    assert source.asked[-1]["Range"] == f"bytes={have}-"


def test_a_damaged_file_is_named_by_verify(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(environment, "pull", "known") == 0
    file = Path(environment["LM_MODELS_DIR"]) / "known.gguf"
    file.write_bytes(MODEL[:-1] + bytes([MODEL[-1] ^ 1]))
    assert _run(environment, "verify") == 1
    assert "has the SHA-256" in capsys.readouterr().err
    file.write_bytes(MODEL[:100])
    assert _run(environment, "verify", "known") == 1
    assert "has 100 bytes instead of" in capsys.readouterr().err


def test_what_is_no_model_is_not_kept(
    source: Source, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    source.content = bytes(len(MODEL))
    assert _run(environment, "pull", "unknown", "--yes") == 1
    assert "does not begin with 'GGUF'" in capsys.readouterr().err
    assert list(Path(environment["LM_MODELS_DIR"]).iterdir()) == []


def test_an_unknown_name_is_told_where_to_look(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(environment, "verify", "gpt") == 1
    assert "`lm models list` shows what is" in capsys.readouterr().err


def test_the_shipped_registry_describes_every_model_completely() -> None:
    registry = read_registry()
    assert {card.name for card in registry.cards} == {
        "little-monster-nano",
        *(
            f"{model}-q{bits}"
            for model in ("llama-2-7b-chat", "llama-2-13b-chat", "mistral-7b-instruct")
            for bits in "458"
        ),
    }
    for card in registry.cards:
        assert card.purpose.endswith(".")
        assert card.license
        assert card.parameters
        assert not card.sha256 or len(card.sha256) == 64
        assert card.name == NANO.name or card.source.startswith("https://")
        assert card.name == NANO.name or card.source.endswith(f"/{card.file}")


async def test_lm_models_looks_into_the_homes_own_folder(tmp_path: Path) -> None:
    pulled = tmp_path / "models" / "llama-2-7b-chat.Q4_K_M.gguf.part"
    pulled.parent.mkdir()
    pulled.write_bytes(b"GGUF")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "models", "list"),
        env=os.environ | {"LM_HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert b"0 % pulled" in said
    assert said.count(b"missing") == 8
