"""What a text is about, and in which language it is."""

from inference_service.domain.classification import LanguageGuess, SubjectGuess, SubjectModel
from inference_service.ports import Languages


class Classifying:
    """Both answers come from small models in this process; neither waits for a language model."""

    def __init__(self, subjects: SubjectModel, languages: Languages) -> None:
        self._subjects, self._languages = subjects, languages

    def subject(self, text: str) -> SubjectGuess:
        """The subject, None when it is none of the four."""
        return self._subjects.classify(text)

    def language(self, text: str) -> LanguageGuess:
        """The language, "und" when it cannot be told."""
        return self._languages.detect(text)
