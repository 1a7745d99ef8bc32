"""`python -m inference_service.curriculum lint` as an author of lessons runs it."""

import asyncio
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from inference_service.curriculum.pack import CurriculumInvalid, load_curriculum


async def test_the_shipped_pack_passes() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inference_service.curriculum", "lint"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    topics = len(load_curriculum().topics)
    assert said.decode() == f"{topics} topics, {3 * topics} lessons, no problem\n"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("subject: HISTORY", "subject: MAGIC", "subject"),
        ("summary:", "sumary:", "sumary"),
        ("title: The Black Death", "title: [unclosed", "while parsing"),
    ],
)
def test_a_file_that_does_not_follow_the_schema_is_named_with_the_place(
    old: str, new: str, why: str, tmp_path: Path
) -> None:
    for file in files("inference_service.curriculum").iterdir():
        if file.name.endswith(".yaml"):
            shutil.copy(str(file), tmp_path / file.name)
    damaged = tmp_path / "black-death.yaml"
    damaged.write_text(damaged.read_text().replace(old, new, 1))
    with pytest.raises(CurriculumInvalid, match=rf"(?s)black-death\.yaml.*{why}"):
        load_curriculum(tmp_path)
