"""A model's file as it is fetched from a real HTTP server that drops connections."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from integration.inference.model_source import MODEL, SHA256, Source

from inference_service.models import download
from inference_service.models.download import Download
from inference_service.models.errors import ChecksumWrong, DiskFull, DownloadFailed


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
