"""Which RPCs work today. The others answer UNIMPLEMENTED; a test compares this with what the services override."""

from gateway.contracts import Rpc, rpcs

_BUILT = {
    "SystemService": "GetSystemHealth",
    "AuthService": "Register VerifyEmail ResendVerification Login RefreshToken Logout ListSessions DeleteSession"
    " ForgotPassword ResetPassword ChangePassword Reauthenticate GetJwks"
    " LoginMfa CreateTotp ConfirmTotp DeleteTotp",
    "UserService": (
        "GetMe UpdateMe DeleteMe GetUser FindUsers GetPreferences UpdatePreferences GetStats ExportMe GetExport DownloadExport"
        " ListUsers UpdateUser ListAuditEvents ChangeEmail ConfirmEmailChange"
    ),
    "VideoService": (
        "CreateVideo BatchCreateVideos ListVideos SearchVideos GetVideo DeleteVideo WatchVideo ViewVideo CancelVideo"
        " RetryVideo SetVideoStatus"
    ),
    "CommentService": (
        "CreateComment GetComment ListComments ListReplies ListCommentRevisions UpdateComment DeleteComment WatchComments"
        " ReportComment ModerateComment ListModerationDecisions AppealComment GetAppeal AnswerAppeal GetStanding"
        " ListModerationQueue ClaimModerationItem"
    ),
    "RatingService": "SubmitRating GetRating DeleteRating GetRatingStats",
    "PlannerService": (
        "CreateEvent ListEvents GetEvent UpdateEvent DeleteEvent CompleteEvent GetProgress SyncEvents WatchEvents"
        " CreateFeed DeleteFeed GetFeed ImportCalendar"
    ),
    "GenerationService": "GenerateScript ValidateTopic ValidateContent GenerateSummary GenerateKeyPoints Embed GenerateStream",
    "ModerationService": "Moderate ClassifySubject DetectLanguage",
    "ModelService": "ListModels LoadModel UnloadModel",
}


def is_built(rpc: Rpc) -> bool:
    """False for one that answers UNIMPLEMENTED."""
    return rpc.name in _BUILT.get(rpc.service, "").split()


def not_built() -> list[Rpc]:
    """What clients may call but will be refused, in the order of the contracts."""
    return [rpc for rpc in rpcs() if rpc.is_exposed and not is_built(rpc)]
