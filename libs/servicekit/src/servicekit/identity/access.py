"""The rule beside each RPC, `option (littlemonster.common.v1.access)`, read from the contract itself."""

from collections.abc import Iterable

from google.protobuf import descriptor_pool

from littlemonster.common.v1 import access_pb2
from servicekit.caller import Caller, Role
from servicekit.errors import PermissionDenied, Unauthenticated

_ALLOWED: dict[access_pb2.Access.ValueType, frozenset[Role]] = {
    access_pb2.ACCESS_USER: frozenset({Role.STUDENT, Role.MODERATOR, Role.ADMIN}),
    access_pb2.ACCESS_MODERATOR: frozenset({Role.MODERATOR, Role.ADMIN}),
    access_pb2.ACCESS_ADMIN: frozenset({Role.ADMIN}),
    access_pb2.ACCESS_SERVICE: frozenset(),
}


class RoleMissing(PermissionDenied):
    """The caller's role does not suffice."""

    reason = "ROLE_MISSING"
    message = "This needs the role {role}. Ask an administrator if you should have it."


class ServiceNotNamed(PermissionDenied):
    """A service of the mesh calls what is none of its business."""

    reason = "SERVICE_NOT_NAMED"
    message = "The service {service} has no part in this call. If it should, name it among the call's callers in the contract."


class AccessRule:
    """Who may call one RPC: accounts of a role, and the services named `callers`."""

    def __init__(self, access: access_pb2.Access.ValueType, callers: Iterable[str] = ()) -> None:
        self.public = access == access_pb2.ACCESS_PUBLIC
        self._access = access or access_pb2.ACCESS_USER
        self._callers = frozenset(callers)

    def check(self, caller: Caller | None) -> None:
        """Raises Unauthenticated, RoleMissing or ServiceNotNamed when `caller` may not call."""
        if self.public:
            return
        if caller is None:
            raise Unauthenticated
        if caller.role is Role.SERVICE:
            self._check_service(caller.id)
        elif caller.role not in _ALLOWED[self._access]:
            raise RoleMissing(role=access_pb2.Access.Name(self._access).removeprefix("ACCESS_"))

    def _check_service(self, name: str) -> None:
        if name not in self._callers:
            raise ServiceNotNamed(service=name)


def rule_for(method: str) -> AccessRule:
    """The rule of an RPC such as "/littlemonster.content.v1.VideoService/GetVideo".

    What is not of our contracts (health, reflection) is public: it holds nothing of anybody.
    """
    service, _, name = method.lstrip("/").partition("/")
    if not service.startswith("littlemonster."):
        return AccessRule(access_pb2.ACCESS_PUBLIC)
    descriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    options = descriptor.GetOptions().Extensions
    return AccessRule(options[access_pb2.access], options[access_pb2.callers])
