"""Whether texts may be shown."""

from inference_service.domain.moderation.judge import judge
from inference_service.domain.moderation.policy import Policy, TextType, Verdict
from inference_service.domain.subject import Subject


class Judging:
    """Judgements by the policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def moderate(self, text: str, type_: TextType, subject: Subject | None) -> Verdict:
        return judge(text, type_, subject, self._policy)
