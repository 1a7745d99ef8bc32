"""`lm models` as an operator runs it, against a real HTTP server that drops connections."""

import asyncio
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from integration.inference.model_source import MODEL, NANO, SHA256, Source

from inference_service.domain.models import ModelCard
from inference_service.models import command
from inference_service.storage import read_registry


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


def test_who_pulls_is_told_that_a_connection_broke_and_is_tried_again(
    source: Source, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    source.drops = [700_000]
    assert _run(environment, "pull", "known") == 0
    assert re.search(r"lm models: .+\. Trying again in 1 s\.", capsys.readouterr().err)


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


def test_a_folder_in_the_place_of_a_file_is_told_before_anything_is_fetched(
    source: Source, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (Path(environment["LM_MODELS_DIR"]) / "known.gguf").mkdir(parents=True)
    assert _run(environment, "pull", "known") == 1
    assert "move it away" in capsys.readouterr().err
    assert source.asked == []


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
        assert re.fullmatch("[0-9a-f]{64}", card.sha256)
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
