"""Profiles, preferences, and what admins do with accounts."""

from collections.abc import AsyncIterator

from google.api.httpbody_pb2 import HttpBody  # type: ignore[import-untyped]  # Google publishes no stubs of it
from google.protobuf.empty_pb2 import Empty

from auth_service.convert import audit as convert_audit
from auth_service.convert import exports as convert_exports
from auth_service.convert import users as convert
from auth_service.convert.auth import client
from auth_service.use_cases.administration import Administration
from auth_service.use_cases.audit_log import AuditLog
from auth_service.use_cases.email_changes import EmailChanges
from auth_service.use_cases.erasure import Leaving
from auth_service.use_cases.exports import Exports
from auth_service.use_cases.preferences import PreferenceKeeper
from auth_service.use_cases.profiles import Profiles
from auth_service.use_cases.stats import Statistics
from littlemonster.auth.v1 import user_service_pb2 as pb2
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceServicer
from servicekit.interceptors import Context
from servicekit.pagination import page_size


class UserHandlers(UserServiceServicer):
    """littlemonster.auth.v1.UserService."""

    def __init__(
        self,
        profiles: Profiles,
        preferences: PreferenceKeeper,
        administration: Administration,
        audit: AuditLog,
        email_changes: EmailChanges,
        leaving: Leaving,
        statistics: Statistics,
        exports: Exports,
    ) -> None:
        self._profiles = profiles
        self._preferences = preferences
        self._administration = administration
        self._audit = audit
        self._email_changes = email_changes
        self._leaving = leaving
        self._statistics = statistics
        self._exports = exports

    async def GetMe(self, request: pb2.GetMeRequest, context: Context) -> pb2.User:
        return convert.own_profile(await self._profiles.me())

    async def UpdateMe(self, request: pb2.UpdateMeRequest, context: Context) -> pb2.User:
        return convert.own_profile(await self._profiles.change(convert.profile_change(request)))

    async def ChangeEmail(self, request: pb2.ChangeEmailRequest, context: Context) -> pb2.ChangeEmailResponse:
        await self._email_changes.ask(request.new_email, client(context.invocation_metadata()))
        return pb2.ChangeEmailResponse()

    async def ConfirmEmailChange(
        self, request: pb2.ConfirmEmailChangeRequest, context: Context
    ) -> pb2.ConfirmEmailChangeResponse:
        complete = await self._email_changes.confirm(request.token, client(context.invocation_metadata()))
        return pb2.ConfirmEmailChangeResponse(complete=complete)

    async def DeleteMe(self, request: pb2.DeleteMeRequest, context: Context) -> Empty:
        await self._leaving.leave(client(context.invocation_metadata()))
        return Empty()

    async def GetUser(self, request: pb2.GetUserRequest, context: Context) -> pb2.User:
        return convert.public_profile(await self._profiles.of(request.user_id))

    async def FindUsers(self, request: pb2.FindUsersRequest, context: Context) -> pb2.FindUsersResponse:
        found = await self._profiles.known(request.user_ids, request.display_names)
        return pb2.FindUsersResponse(users=map(convert.public_profile, found))

    async def GetPreferences(self, request: pb2.GetPreferencesRequest, context: Context) -> pb2.Preferences:
        return convert.preferences(await self._preferences.mine())

    async def UpdatePreferences(self, request: pb2.UpdatePreferencesRequest, context: Context) -> pb2.Preferences:
        return convert.preferences(await self._preferences.change(convert.preference_changes(request)))

    async def GetStats(self, request: pb2.GetStatsRequest, context: Context) -> pb2.UserStats:
        return convert.stats(await self._statistics.mine())

    async def ExportMe(self, request: pb2.ExportMeRequest, context: Context) -> pb2.Export:
        caller = client(context.invocation_metadata())
        return convert_exports.export(await self._exports.begin(request.request_id or None, caller))

    async def GetExport(self, request: pb2.GetExportRequest, context: Context) -> pb2.Export:
        return convert_exports.export(await self._exports.get(request.export_id))

    async def DownloadExport(self, request: pb2.DownloadExportRequest, context: Context) -> AsyncIterator[HttpBody]:
        caller = client(context.invocation_metadata())
        pieces = await self._exports.fetch(convert_exports.presented(request), caller)
        await context.send_initial_metadata(convert_exports.FILE_HEADERS)
        async for piece in pieces:
            yield convert_exports.part(piece)

    async def ListUsers(self, request: pb2.ListUsersRequest, context: Context) -> pb2.ListUsersResponse:
        size = page_size(request.page_size)
        found = await self._administration.search(*convert.user_search(request), size + 1)
        return convert.user_page(found, size, request)

    async def UpdateUser(self, request: pb2.UpdateUserRequest, context: Context) -> pb2.User:
        change, caller = convert.account_change(request), client(context.invocation_metadata())
        return convert.administered_profile(await self._administration.change(request.user_id, change, caller))

    async def ListAuditEvents(
        self, request: pb2.ListAuditEventsRequest, context: Context
    ) -> pb2.ListAuditEventsResponse:
        size = page_size(request.page_size)
        found = await self._audit.search(convert_audit.query(request), convert_audit.before(request), size + 1)
        return convert_audit.page(found, size, request)
