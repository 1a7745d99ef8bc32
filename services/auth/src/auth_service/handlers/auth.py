"""Registration, sign-in and sessions."""

from google.protobuf.empty_pb2 import Empty

from auth_service.convert import auth as convert
from auth_service.domain.signing_keys import KEY_SET_KEPT
from auth_service.handlers.second_factors import SecondFactorHandlers
from auth_service.ports import TokenSigner
from auth_service.use_cases.devices import Devices
from auth_service.use_cases.mfa_sign_in import MfaSignIn
from auth_service.use_cases.passwords import PasswordKeeper
from auth_service.use_cases.reauthentication import Reauthentication
from auth_service.use_cases.registration import Registrations
from auth_service.use_cases.second_factors import SecondFactorKeeper
from auth_service.use_cases.sessions import SessionKeeper
from auth_service.use_cases.sign_in import SignIn
from littlemonster.auth.v1 import auth_service_pb2 as pb2
from servicekit.caller import current_caller
from servicekit.interceptors import Context
from servicekit.pagination import page_size

_REGISTERED = "Check your mail: what to do next is in the message we have sent to the address you gave."


class AuthHandlers(SecondFactorHandlers):
    """littlemonster.auth.v1.AuthService."""

    def __init__(
        self,
        registrations: Registrations,
        sign_in: SignIn,
        sessions: SessionKeeper,
        devices: Devices,
        passwords: PasswordKeeper,
        reauthentication: Reauthentication,
        mfa: MfaSignIn,
        second_factors: SecondFactorKeeper,
        signer: TokenSigner,
    ) -> None:
        super().__init__(mfa, second_factors)
        self._registrations = registrations
        self._sign_in = sign_in
        self._sessions = sessions
        self._devices = devices
        self._passwords = passwords
        self._reauthentication = reauthentication
        self._signer = signer

    async def Register(self, request: pb2.RegisterRequest, context: Context) -> pb2.RegisterResponse:
        client = convert.client(context.invocation_metadata())
        await self._registrations.register(
            request.email, request.password, request.display_name, request.request_id or None, client
        )
        return pb2.RegisterResponse(message=_REGISTERED)

    async def VerifyEmail(self, request: pb2.VerifyEmailRequest, context: Context) -> pb2.VerifyEmailResponse:
        await self._registrations.verify(request.token, convert.client(context.invocation_metadata()))
        return pb2.VerifyEmailResponse()

    async def ResendVerification(
        self,
        request: pb2.ResendVerificationRequest,
        context: Context,
    ) -> pb2.ResendVerificationResponse:
        await self._registrations.resend(request.email, convert.client(context.invocation_metadata()))
        return pb2.ResendVerificationResponse()

    async def Login(self, request: pb2.LoginRequest, context: Context) -> pb2.Tokens:
        client = convert.client(context.invocation_metadata())
        return convert.tokens(await self._sign_in.sign_in(request.email, request.password, client))

    async def RefreshToken(self, request: pb2.RefreshTokenRequest, context: Context) -> pb2.Tokens:
        client = convert.client(context.invocation_metadata())
        return convert.tokens(await self._sessions.refresh(request.refresh_token, client))

    async def Logout(self, request: pb2.LogoutRequest, context: Context) -> pb2.LogoutResponse:
        await self._sessions.sign_out(convert.client(context.invocation_metadata()))
        return pb2.LogoutResponse()

    async def ListSessions(self, request: pb2.ListSessionsRequest, context: Context) -> pb2.ListSessionsResponse:
        size = page_size(request.page_size)
        sessions = await self._devices.living(convert.session_before(request.page_token), size + 1)
        return convert.session_page(sessions, size, current_caller().session_id)

    async def RevokeOtherSessions(
        self, request: pb2.RevokeOtherSessionsRequest, context: Context
    ) -> pb2.RevokeOtherSessionsResponse:
        await self._devices.end_others(convert.client(context.invocation_metadata()))
        return pb2.RevokeOtherSessionsResponse()

    async def DeleteSession(self, request: pb2.DeleteSessionRequest, context: Context) -> Empty:
        await self._devices.end(request.session_id, convert.client(context.invocation_metadata()))
        return Empty()

    async def ForgotPassword(self, request: pb2.ForgotPasswordRequest, context: Context) -> pb2.ForgotPasswordResponse:
        await self._passwords.forgot(request.email, convert.client(context.invocation_metadata()))
        return pb2.ForgotPasswordResponse()

    async def ResetPassword(self, request: pb2.ResetPasswordRequest, context: Context) -> pb2.ResetPasswordResponse:
        client = convert.client(context.invocation_metadata())
        await self._passwords.reset(request.token, request.new_password, client)
        return pb2.ResetPasswordResponse()

    async def ChangePassword(self, request: pb2.ChangePasswordRequest, context: Context) -> pb2.ChangePasswordResponse:
        client = convert.client(context.invocation_metadata())
        await self._passwords.change(request.current_password, request.new_password, client)
        return pb2.ChangePasswordResponse()

    async def Reauthenticate(self, request: pb2.ReauthenticateRequest, context: Context) -> pb2.ReauthenticateResponse:
        client = convert.client(context.invocation_metadata())
        await self._reauthentication.reauthenticate(request.password, request.code, client)
        return pb2.ReauthenticateResponse()

    async def GetJwks(self, request: pb2.GetJwksRequest, context: Context) -> pb2.Jwks:
        await context.send_initial_metadata(
            (("cache-control", f"public, max-age={int(KEY_SET_KEPT.total_seconds())}"),)
        )
        return convert.jwks(self._signer.public_keys())
