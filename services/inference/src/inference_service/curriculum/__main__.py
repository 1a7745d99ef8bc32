"""`lint` checks the shipped pack: exit status 1 and one line for each problem. `schema` writes a topic file's JSON Schema."""

import argparse

from inference_service.curriculum.lint import problems
from inference_service.curriculum.pack import CurriculumInvalid, load_curriculum
from inference_service.curriculum.schema import SCHEMA_FILE, rendered


def lint() -> int:
    """Print each problem of the shipped pack; return the exit status."""
    try:
        found = list(problems(pack := load_curriculum()))
    except CurriculumInvalid as invalid:
        print(invalid)
        return 1
    print(
        "\n".join(found)
        or f"{len(pack.topics)} topics, {sum(len(t.levels) for t in pack.topics.values())} lessons, no problem"
    )
    return 1 if found else 0


def schema() -> int:
    """Write the JSON Schema of a topic file beside the pack; return the exit status."""
    SCHEMA_FILE.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m inference_service.curriculum", description=__doc__)
    commands = {"lint": lint, "schema": schema}
    parser.add_argument("command", choices=commands)
    raise SystemExit(commands[parser.parse_args().command]())
