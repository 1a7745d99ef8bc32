"""What the service does for its callers: lessons, text, judgements, texts made short, models."""

from inference_service.use_cases.classifying import Classifying
from inference_service.use_cases.judging import Judging, Known
from inference_service.use_cases.lessons import ATTEMPTS, Lessons
from inference_service.use_cases.texts import Texts
from inference_service.use_cases.writing import Writing

__all__ = ["ATTEMPTS", "Classifying", "Judging", "Known", "Lessons", "Texts", "Writing"]
