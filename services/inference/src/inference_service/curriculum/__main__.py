"""`python -m inference_service.curriculum lint` checks the shipped pack; exit status 1 and one line for each problem."""

import argparse

from inference_service.curriculum.lint import problems
from inference_service.curriculum.pack import CurriculumInvalid, load_curriculum


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m inference_service.curriculum", description=__doc__)
    parser.add_argument("command", choices=["lint"])
    parser.parse_args()
    raise SystemExit(lint())
