"""The handlers answer every call of the contracts."""

import importlib
import pkgutil

import pytest

from gateway.contracts import rpcs

PACKAGES = ("auth", "content", "community", "planner", "inference")


def own_calls(package):
    """RPCs of the service's contracts; what several services answer alike is servicekit's, PersonalDataService."""
    return [rpc for rpc in rpcs() if rpc.cluster == package and rpc.service != "PersonalDataService"]


def overridden(package):
    """Full names of the RPCs that the service's servicers define themselves."""
    handlers = importlib.import_module(f"{package}_service.handlers")
    for module in pkgutil.iter_modules(getattr(handlers, "__path__", []), f"{handlers.__name__}."):
        importlib.import_module(module.name)
    return {rpc.full_name for rpc in own_calls(package) for cls in servicers(rpc) if defines(cls, rpc.name)}


def servicers(rpc):
    stubs = importlib.import_module(stub_module(rpc))
    base = getattr(stubs, f"{rpc.service}Servicer")
    return [cls for cls in all_subclasses(base) if cls.__module__.startswith(f"{rpc.cluster}_service.")]


def stub_module(rpc):
    names = {"UserService": "user", "SystemService": "system"}
    name = names.get(rpc.service, rpc.package.split(".")[1])
    return f"{rpc.package}.{name}_service_pb2_grpc"


def all_subclasses(base):
    return {cls for direct in base.__subclasses__() for cls in (direct, *all_subclasses(direct))}


def defines(cls, name):
    return any(name in vars(base) for base in cls.__mro__ if base.__module__.startswith(cls.__module__.split(".")[0]))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_service_answers_every_call_of_its_contracts(package):
    promised = {rpc.full_name for rpc in own_calls(package)}
    assert promised
    assert overridden(package) == promised
