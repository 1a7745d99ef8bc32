"""Who may call is read from the contract, and what is not said is closed."""

import importlib
import re
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool

from gateway.contracts import contract_files, rpcs
from littlemonster.common.v1 import access_pb2
from local_mesh.addresses import API_SERVICES
from servicekit.caller import Caller, Role
from servicekit.errors import Unauthenticated
from servicekit.identity.access import AccessRule, RoleMissing, ServiceNotNamed, rule_for

for file in contract_files():  # a server has imported what it serves
    importlib.import_module(file.name.replace("/", ".").replace(".proto", "_pb2"))

ROOT = Path(__file__).parents[3]
ACCOUNTS = {Role.STUDENT, Role.MODERATOR, Role.ADMIN}
EVERYBODY = {None, *ACCOUNTS, *API_SERVICES}
MAY_CALL = {
    access_pb2.ACCESS_PUBLIC: EVERYBODY,
    access_pb2.ACCESS_USER: ACCOUNTS,
    access_pb2.ACCESS_MODERATOR: {Role.MODERATOR, Role.ADMIN},
    access_pb2.ACCESS_ADMIN: {Role.ADMIN},
    access_pb2.ACCESS_SERVICE: set(),
    access_pb2.ACCESS_UNSPECIFIED: ACCOUNTS,
}


def allowed(rule: AccessRule) -> set[Role | str | None]:
    """The roles and services the rule lets in; None is nobody."""
    may = set()
    for who in EVERYBODY:
        caller = None if who is None else Caller("id", who) if who in ACCOUNTS else Caller.service(str(who))
        try:
            rule.check(caller)
        except RoleMissing:
            assert who in ACCOUNTS
        except ServiceNotNamed:
            assert who in API_SERVICES
        except Unauthenticated:
            assert who is None
        else:
            may.add(who)
    return may


def named(rpc) -> set[str]:
    """The services that the contract names beside the RPC."""
    method = descriptor_pool.Default().FindMethodByName(rpc.full_name)
    return set(method.GetOptions().Extensions[access_pb2.callers])


def test_the_table_knows_every_rule() -> None:
    assert set(MAY_CALL) == set(access_pb2.Access.values())


@pytest.mark.parametrize("rpc", rpcs(), ids=lambda rpc: rpc.full_name)
def test_the_rule_beside_an_rpc_is_the_rule_enforced(rpc) -> None:
    assert named(rpc) <= set(API_SERVICES)
    assert allowed(rule_for(rpc.grpc_path)) == MAY_CALL[rpc.access] | named(rpc)


@pytest.mark.parametrize("service", API_SERVICES)
def test_a_service_is_named_beside_every_rpc_its_code_calls(service) -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "services" / service / "src").rglob("*.py"))
    stubs = set(re.findall(r"\b(\w+)Stub\(", code)) - {"Health"}
    called = [rpc for rpc in rpcs() if rpc.service in stubs and re.search(rf"\.{rpc.name}\(", code)]
    assert {rpc.service for rpc in called} == stubs
    assert [rpc.full_name for rpc in called if service not in named(rpc)] == []


def test_no_service_may_do_what_staff_does() -> None:
    staffs = [rpc for rpc in rpcs() if rpc.access in (access_pb2.ACCESS_MODERATOR, access_pb2.ACCESS_ADMIN)]
    assert len(staffs) > 10
    assert [rpc.full_name for rpc in staffs if named(rpc)] == []


@pytest.mark.parametrize("method", ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1alpha.ServerReflection/X"])
def test_health_and_reflection_are_public(method: str) -> None:
    assert allowed(rule_for(method)) == EVERYBODY


def test_a_refusal_names_the_role_that_is_missing() -> None:
    with pytest.raises(RoleMissing, match="role MODERATOR") as refused:
        AccessRule(access_pb2.ACCESS_MODERATOR).check(Caller("ada", Role.STUDENT))
    assert refused.value.metadata == {"role": "MODERATOR"}


def test_a_refusal_names_the_service_that_has_no_part_in_the_call() -> None:
    with pytest.raises(ServiceNotNamed, match="service planner") as refused:
        AccessRule(access_pb2.ACCESS_USER, ["community"]).check(Caller.service("planner"))
    assert refused.value.metadata == {"service": "planner"}
