"""Who may call is read from the contract, and what is not said is closed."""

import importlib

import pytest

from gateway.contracts import contract_files, rpcs
from littlemonster.common.v1 import access_pb2
from servicekit.caller import Caller, Role
from servicekit.errors import Unauthenticated
from servicekit.identity.access import AccessRule, RoleMissing, rule_for

for file in contract_files():  # a server has imported what it serves
    importlib.import_module(file.name.replace("/", ".").replace(".proto", "_pb2"))

EVERYBODY = {None, *Role}
MAY_CALL = {
    access_pb2.ACCESS_PUBLIC: EVERYBODY,
    access_pb2.ACCESS_USER: EVERYBODY - {None},
    access_pb2.ACCESS_MODERATOR: {Role.MODERATOR, Role.ADMIN, Role.SERVICE},
    access_pb2.ACCESS_ADMIN: {Role.ADMIN, Role.SERVICE},
    access_pb2.ACCESS_SERVICE: {Role.SERVICE},
    access_pb2.ACCESS_UNSPECIFIED: EVERYBODY - {None},
}


def allowed(rule: AccessRule) -> set[Role | None]:
    """The roles the rule lets in; None is nobody."""
    may = set()
    for role in EVERYBODY:
        try:
            rule.check(None if role is None else Caller("id", role))
        except RoleMissing:
            assert role is not None
        except Unauthenticated:
            assert role is None
        else:
            may.add(role)
    return may


def test_the_table_knows_every_rule() -> None:
    assert set(MAY_CALL) == set(access_pb2.Access.values())


@pytest.mark.parametrize("rpc", rpcs(), ids=lambda rpc: rpc.full_name)
def test_the_rule_beside_an_rpc_is_the_rule_enforced(rpc) -> None:
    assert allowed(rule_for(rpc.grpc_path)) == MAY_CALL[rpc.access]


@pytest.mark.parametrize("method", ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1alpha.ServerReflection/X"])
def test_health_and_reflection_are_public(method: str) -> None:
    assert allowed(rule_for(method)) == EVERYBODY


def test_a_refusal_names_the_role_that_is_missing() -> None:
    with pytest.raises(RoleMissing, match="role MODERATOR") as refused:
        AccessRule(access_pb2.ACCESS_MODERATOR).check(Caller("ada", Role.STUDENT))
    assert refused.value.metadata == {"role": "MODERATOR"}
