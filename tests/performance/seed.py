"""Twenty thousand published lessons such as a school gathers in a year: texts of natural length, every list filled."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

_TOPICS = {
    "MATH": ("Pythagorean theorem", "Quadratic equations", "Derivatives of polynomials", "Conditional probability"),
    "CHEMISTRY": ("Balancing equations", "Acids and bases", "The periodic table", "Reaction rates and catalysts"),
    "HISTORY": ("The French Revolution", "The Silk Road", "The Industrial Revolution", "The fall of Rome"),
    "ENGLISH": ("Metaphor and simile", "The passive voice", "Reading a sonnet", "Writing a persuasive essay"),
}
_DIFFICULTIES = ("INTRO", "STANDARD", "HONORS")
_POINTS = (
    "Start from what is given, and write down what is asked for before you calculate.",
    "The rule holds in one direction only: the converse needs a proof of its own.",
    "Compare two examples that differ in one thing, and see which part of the result changes.",
    "A sketch with every quantity named shows most mistakes before they are made.",
    "Units, dates and names belong to the answer; without them it is only half an answer.",
    "Exceptions are few, and each of them has a reason that is worth remembering.",
)
_CHAPTERS = ("What it is about", "The idea", "A worked example", "Where it is used", "Check yourself", "Recap")
_TAGS = ("grade 8", "grade 9", "grade 10", "exam", "revision", "basics", "practice", "proof", "sources", "writing")
_SPOKEN = (
    "Look at the picture for a moment and say in your own words what you see.",
    "Now we name the parts, one after the other, and ask how they depend on each other.",
    "If you can explain this step to somebody else, you have understood it.",
)
_SEED = 20_000
_JSON = ("chapters", "cues", "provenance")


def seed(database_url: str, count: int) -> list[str]:
    """Replaces all videos by `count` PUBLIC ones, the same each time, and analyses the tables. Returns their ids.

    The URL must be a superuser's: COPY into a table with row-level security is nobody else's.
    """
    rows = list(videos(count))
    columns = list(rows[0])
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE videos CASCADE")
        with connection.cursor().copy(f"COPY videos ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([json.dumps(row[name]) if name in _JSON else row[name] for name in columns])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) videos")
    return [str(row["id"]) for row in rows]


def videos(count: int) -> Iterator[dict[str, Any]]:
    """Rows of the table; generated columns are left to the database."""
    chance = random.Random(_SEED)
    accounts = [UUID(int=chance.getrandbits(128), version=4) for _ in range(300)]
    for number in range(count):
        yield _video(chance, chance.choice(accounts), number)


def _video(chance: random.Random, account: UUID, number: int) -> dict[str, Any]:
    subject = chance.choice(tuple(_TOPICS))
    topic = f"{chance.choice(_TOPICS[subject])}, part {number % 97 + 1}"
    created = datetime(2026, 9, 1, tzinfo=UTC) - timedelta(seconds=chance.randrange(365 * 86_400), microseconds=number)
    duration = round(chance.uniform(90, 240), 2)
    points = chance.sample(_POINTS, 4)
    ratings = chance.randrange(60)
    return {
        "id": UUID(int=chance.getrandbits(128), version=4),
        "title": f"{topic}: the idea, an example and how to check yourself",
        "subject": subject,
        "difficulty": chance.choice(_DIFFICULTIES),
        "topic": topic,
        "created_by": account,
        "status": "PUBLIC",
        "status_message": "",
        "summary": f"This lesson explains {topic} from the ground up. It shows one example step by step, names the usual "
        "mistakes, and ends with a question that you can answer without looking back.",
        "key_points": points,
        "timestamps": _ascending(chance, duration, len(points)),
        "chapters": [
            {"title": title, "start": start}
            for title, start in zip(_CHAPTERS, _ascending(chance, duration, len(_CHAPTERS)), strict=True)
        ],
        "cues": _cues(duration),
        "duration": duration,
        "rating_sum": sum(chance.randrange(1, 6) for _ in range(ratings)),
        "rating_count": ratings,
        "rating_version": ratings,
        "view_count": int(chance.paretovariate(0.9) * 10) % 100_000,
        "comment_count": chance.randrange(30),
        "comment_version": 1,
        "tags": chance.sample(_TAGS, 4),
        "create_time": created,
        "update_time": created + timedelta(seconds=90),
        "provenance": {
            "model": "study-260k",
            "model_sha256": f"{chance.getrandbits(256):064x}",
            "prompt_version": "2026-09",
            "seed": chance.randrange(2**31),
            "facts": [f"{subject.lower()}.{chance.randrange(400)}" for _ in range(5)],
            "model_line_count": chance.randrange(4, 12),
            "reading_grade": round(chance.uniform(5, 9), 1),
            "voice": "espeak-ng en-us",
        },
        "version": 3,
    }


def _cues(duration: float) -> list[dict[str, Any]]:
    """A spoken sentence every six seconds."""
    starts = range(0, int(duration), 6)
    return [{"start": start, "text": _SPOKEN[number % len(_SPOKEN)]} for number, start in enumerate(starts)]


def _ascending(chance: random.Random, end: float, count: int) -> list[float]:
    return sorted(round(chance.uniform(0, end), 2) for _ in range(count))
