"""The second factor; mixed into the handlers of AuthService."""

from google.protobuf.empty_pb2 import Empty

from auth_service.convert import auth as convert
from auth_service.use_cases.mfa_sign_in import MfaSignIn
from auth_service.use_cases.second_factors import SecondFactorKeeper
from littlemonster.auth.v1 import auth_service_pb2 as pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceServicer
from servicekit.interceptors import Context


class SecondFactorHandlers(AuthServiceServicer):
    """The part of littlemonster.auth.v1.AuthService about one-time codes."""

    def __init__(self, mfa: MfaSignIn, second_factors: SecondFactorKeeper) -> None:
        self._mfa = mfa
        self._second_factors = second_factors

    async def LoginMfa(self, request: pb2.LoginMfaRequest, context: Context) -> pb2.Tokens:
        client = convert.client(context.invocation_metadata())
        return convert.tokens(await self._mfa.complete(request.mfa_token, request.code, client))

    async def CreateTotp(self, request: pb2.CreateTotpRequest, context: Context) -> pb2.TotpEnrolment:
        enrolment = await self._second_factors.create(convert.client(context.invocation_metadata()))
        return pb2.TotpEnrolment(secret=enrolment.secret, otpauth_uri=enrolment.uri)

    async def ConfirmTotp(self, request: pb2.ConfirmTotpRequest, context: Context) -> pb2.ConfirmTotpResponse:
        client = convert.client(context.invocation_metadata())
        return pb2.ConfirmTotpResponse(recovery_codes=await self._second_factors.confirm(request.code, client))

    async def DeleteTotp(self, request: pb2.DeleteTotpRequest, context: Context) -> Empty:
        await self._second_factors.delete(convert.client(context.invocation_metadata()))
        return Empty()
