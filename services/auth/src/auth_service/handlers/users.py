"""Profiles."""

from auth_service import convert
from auth_service.use_cases.profiles import Profiles
from littlemonster.auth.v1 import user_service_pb2 as pb2
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceServicer
from servicekit.interceptors import Context


class UserHandlers(UserServiceServicer):
    """littlemonster.auth.v1.UserService."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    async def GetMe(self, request: pb2.GetMeRequest, context: Context) -> pb2.User:
        return convert.own_profile(await self._profiles.me())
