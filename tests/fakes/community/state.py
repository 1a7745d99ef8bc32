"""Everything of community's that is saved, in memory."""

from dataclasses import dataclass, field

from community_service.domain.appeals import Appeal
from community_service.domain.comments import Comment, CommentTotals, Video
from community_service.domain.moderation import Decision, QueueItem, Report
from community_service.domain.phases import Written
from community_service.domain.ratings import Rating, RatingTotals

Told = tuple[str, Comment | Rating, CommentTotals | RatingTotals]


@dataclass(slots=True)
class State:
    """Everything that is saved."""

    videos: dict[str, Video] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    revisions: dict[str, list[Written]] = field(default_factory=dict)
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)
    queue: dict[str, QueueItem] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], bool] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    appeals: dict[str, Appeal] = field(default_factory=dict)
    versions: dict[str, tuple[int, int]] = field(default_factory=dict)
    comment_totals: dict[str, CommentTotals] = field(default_factory=dict)
    ratings: dict[tuple[str, str], Rating] = field(default_factory=dict)
    rating_totals: dict[str, RatingTotals] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
