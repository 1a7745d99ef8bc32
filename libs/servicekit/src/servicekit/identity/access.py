"""The rule beside each RPC, `option (littlemonster.common.v1.access)`, read from the contract itself."""

from google.protobuf import descriptor_pool

from littlemonster.common.v1 import access_pb2
from servicekit.caller import Caller, Role
from servicekit.errors import PermissionDenied, Unauthenticated

_STAFF = frozenset({Role.MODERATOR, Role.ADMIN, Role.SERVICE})
_ALLOWED: dict[access_pb2.Access.ValueType, frozenset[Role]] = {
    access_pb2.ACCESS_USER: frozenset(Role),
    access_pb2.ACCESS_MODERATOR: _STAFF,
    access_pb2.ACCESS_ADMIN: _STAFF - {Role.MODERATOR},
    access_pb2.ACCESS_SERVICE: frozenset({Role.SERVICE}),
}


class RoleMissing(PermissionDenied):
    """The caller's role does not suffice."""

    reason = "ROLE_MISSING"
    message = "This needs the role {role}. Ask an administrator if you should have it."


class AccessRule:
    """Who may call one RPC."""

    def __init__(self, access: access_pb2.Access.ValueType) -> None:
        self.public = access == access_pb2.ACCESS_PUBLIC
        self._access = access or access_pb2.ACCESS_USER

    def check(self, caller: Caller | None) -> None:
        """Raises Unauthenticated or RoleMissing when `caller` may not call."""
        if self.public:
            return
        if caller is None:
            raise Unauthenticated
        if caller.role not in _ALLOWED[self._access]:
            raise RoleMissing(role=access_pb2.Access.Name(self._access).removeprefix("ACCESS_"))


def rule_for(method: str) -> AccessRule:
    """The rule of an RPC such as "/littlemonster.content.v1.VideoService/GetVideo".

    What is not of our contracts (health, reflection) is public: it holds nothing of anybody.
    """
    service, _, name = method.lstrip("/").partition("/")
    if not service.startswith("littlemonster."):
        return AccessRule(access_pb2.ACCESS_PUBLIC)
    descriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    return AccessRule(descriptor.GetOptions().Extensions[access_pb2.access])
