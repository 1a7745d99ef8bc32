"""Every failure a caller of community may meet."""

from servicekit.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)


class VideoNotFound(NotFound):
    """No public video has that id."""

    reason = "VIDEO_NOT_FOUND"
    message = "There is no public video {video}. Check the id, or browse GET /v1/videos."


class CommentNotFound(NotFound):
    """No comment with that id is visible to the caller."""

    reason = "COMMENT_NOT_FOUND"
    message = "There is no comment {comment}. Check the id, or list the video's comments."


class ParentNotFound(CommentNotFound):
    """The comment to answer is not a visible one of the same video."""

    message = (
        "There is no comment {comment} on this video to answer. Check parentId, or leave it out to start a thread."
    )


class ReplyTooDeep(FailedPrecondition):
    """The comment to answer stands as deep as a thread may go."""

    reason = "REPLY_TOO_DEEP"
    message = "Threads are {deepest} answers deep. Answer the comment above {comment} instead."


class CommentEmpty(InvalidArgument):
    """The text is white space only."""

    reason = "COMMENT_EMPTY"
    message = "A comment needs at least one character that can be seen. Write something and send it again."


class CommentRejected(InvalidArgument):
    """Moderation refused the text; nothing was saved."""

    reason = "COMMENT_REJECTED"
    message = "The comment was refused: {reasons} Change its text and send it again."


class CommentsTooOften(ResourceExhausted):
    """The caller writes more comments than a person does; nothing was saved."""

    reason = "COMMENTS_TOO_OFTEN"
    message = "{why} Wait a moment, then send it again."


class CommunitySuspended(PermissionDenied):
    """A moderator has suspended the caller from writing and rating."""

    reason = "COMMUNITY_SUSPENDED"
    message = (
        "You cannot comment or rate until {until}: {why} You can still read; if you think that is wrong, appeal with "
        "POST /v1/comments/{comment}:appeal."
    )


class CommentNotYours(PermissionDenied):
    """The comment was written by another account."""

    reason = "COMMENT_NOT_YOURS"
    message = "The comment {comment} is somebody else's. Change your own ones, or report it to the moderators."


class EditWindowClosed(FailedPrecondition):
    """The comment is too old to be edited."""

    reason = "EDIT_WINDOW_CLOSED"
    message = "A comment can be edited for {minutes} minutes. Answer it with what you want to add, or delete it."


class EditedTooOften(FailedPrecondition):
    """The comment was edited as often as one may be."""

    reason = "EDITED_TOO_OFTEN"
    message = "A comment can be edited {most} times. Answer it with what you want to add, or delete it."


class OwnCommentReported(PermissionDenied):
    """The caller wrote the comment."""

    reason = "OWN_COMMENT_REPORTED"
    message = "You wrote the comment {comment} yourself. Edit or delete it instead of reporting it."


class AlreadyReported(AlreadyExists):
    """The caller has reported the comment before."""

    reason = "ALREADY_REPORTED"
    message = (
        "You have reported the comment {comment} already. A moderator will look at it; there is nothing more to do."
    )


class NoteRequired(InvalidArgument):
    """A report for another reason than those listed does not say which."""

    reason = "NOTE_REQUIRED"
    message = "The reason OTHER needs a note. Say in a few words what is wrong with the comment."


class OwnCommentModerated(PermissionDenied):
    """The moderator wrote the comment."""

    reason = "OWN_COMMENT_MODERATED"
    message = "You wrote the comment {comment} yourself. Leave the decision to another moderator."


class ReasonRequired(InvalidArgument):
    """A decision against a comment does not say why."""

    reason = "REASON_REQUIRED"
    message = "A comment is not refused or hidden without a word. Give the reason, which its author will read."


class WordsMissing(InvalidArgument):
    """Nothing that can be seen is said where somebody else is to read it."""

    reason = "WORDS_MISSING"
    message = "The field {field} holds nothing that can be seen. Say it in words and send it again."


class NothingToAppeal(FailedPrecondition):
    """No moderator has decided against the comment."""

    reason = "NOTHING_TO_APPEAL"
    message = (
        "No moderator has decided against the comment {comment}. If it waits, one will look at it; there is nothing more "
        "to do."
    )


class AlreadyAppealed(AlreadyExists):
    """The author has appealed that decision before."""

    reason = "ALREADY_APPEALED"
    message = "You have appealed this decision already. Read the answer with GET /v1/comments/{comment}/appeal."


class AppealNotFound(NotFound):
    """There is no such appeal, or it is somebody else's."""

    reason = "APPEAL_NOT_FOUND"
    message = "There is no appeal {appeal}. Take its id from GET /v1/comments/{{commentId}}/appeal."


class NothingAppealed(AppealNotFound):
    """Nobody has appealed against a decision on that comment, or it is somebody else's."""

    message = (
        "There is no appeal about the comment {comment}. Its author makes one with POST /v1/comments/{comment}:appeal."
    )


class AppealPending(FailedPrecondition):
    """The author has appealed, so the answer is another moderator's."""

    reason = "APPEAL_PENDING"
    message = "The author has appealed. Answer with POST /v1/appeals/{appeal}:answer, or leave it to another moderator."


class AppealAnswered(FailedPrecondition):
    """Somebody has answered the appeal."""

    reason = "APPEAL_ANSWERED"
    message = "The appeal {appeal} has an answer. Read it with the comment's appeal; there is nothing more to do."


class OwnDecisionAppealed(PermissionDenied):
    """The moderator made the decision."""

    reason = "OWN_DECISION_APPEALED"
    message = "The appeal {appeal} is against a decision of yours. Leave the answer to another moderator."


class ItemNotFound(NotFound):
    """Nothing with that id waits for a moderator; it may have been decided."""

    reason = "MODERATION_ITEM_NOT_FOUND"
    message = "Nothing with the id {item} waits for a moderator. Read GET /v1/moderation/queue again."


class ItemClaimed(Aborted):
    """Another moderator works on it."""

    reason = "MODERATION_ITEM_CLAIMED"
    message = "Another moderator works on {item}. Take another item, or come back in half an hour."


class RatingNotFound(NotFound):
    """The caller has not rated the video."""

    reason = "RATING_NOT_FOUND"
    message = "You have not rated the video {video}. Give stars with PUT /v1/videos/{video}/rating."


class OwnVideoRated(PermissionDenied):
    """The caller asked for the video, so may not rate it."""

    reason = "OWN_VIDEO_RATED"
    message = "You asked for the video {video} yourself, so you cannot rate it. Rate the videos of others."
