"""`python -m inference_service.models`, for containers: the same as `lm models`."""

import sys

from inference_service.models import command

if __name__ == "__main__":
    raise SystemExit(command.run(command.parse(sys.argv[1:], "python -m inference_service.models")))
