"""The comment of each call names the reasons it can answer: those that what its handler calls says it raises."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from unit.gateway.test_handlers import PACKAGES, own_calls, servicers

from gateway.contracts import Rpc
from servicekit.errors import ServiceError, Unauthenticated
from servicekit.status import code_of

# Said once for all calls: who may call is declared beside each, and services are no persons.
EVERYWHERE = {Unauthenticated.reason, "PERSON_NEEDED"}


# Declared, and answered by no call: said by `lm keys`, or written beside an export or a lesson that failed.
IN_WORDS = {
    "auth": {"KEY_IN_USE", "KEY_UNKNOWN", "ARCHIVE_TOO_LARGE"},
    "content": {"SCRIPT_REFUSED", "RENDERER_CRASHED", "MEDIA_NOT_STORED"},
}


def errors() -> dict[str, str]:
    """The reason of each error, by the name of its class."""
    return {each.__name__: each.reason for each in subclasses(ServiceError)}


def subclasses(base: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


def syntax(function: Any) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))


def parts(servicer: type) -> dict[str, Any]:
    """What `self._name` is, as the constructor's annotations say."""
    hints = typing.get_type_hints(servicer.__init__)
    given = [node for node in syntax(servicer.__init__) if isinstance(node, ast.Assign)]
    return {
        target.attr: typing.get_origin(hints[node.value.id]) or hints[node.value.id]
        for node in given
        for target in node.targets
        if isinstance(target, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def called(servicer: type, name: str) -> Iterator[Any]:
    """The functions and methods that the handler's own lines call, as far as they can be told from its source."""
    handler, own = getattr(servicer, name), parts(servicer)
    for node in syntax(handler):
        if isinstance(node, ast.Call):
            first, *path = ast.unparse(node.func).split(".")
            found = own.get(path.pop(0)) if first == "self" and len(path) == 2 else handler.__globals__.get(first)
            for each in path:
                found = getattr(found, each, None)
            yield found


def raised(rpc: Rpc) -> set[str]:
    """Reasons of the errors that stand behind "Raises" in what the handler calls."""
    known = errors()
    said = [inspect.getdoc(each) or "" for servicer in servicers(rpc) for each in called(servicer, rpc.name)]
    names = [name for doc in said for name in re.findall(r"\w+", doc.partition("Raises")[2])]
    return {known[name] for name in names if name in known} - EVERYWHERE


@pytest.mark.parametrize("package", PACKAGES)
def test_a_call_s_comment_names_every_reason_it_can_answer(package: str) -> None:
    handlers = importlib.import_module(f"{package}_service.handlers")
    for module in pkgutil.iter_modules(getattr(handlers, "__path__", []), f"{handlers.__name__}."):
        importlib.import_module(module.name)
    told = {rpc.name: raised(rpc) for rpc in own_calls(package)}
    assert any(told.values())
    untold = {rpc.name: missing for rpc in own_calls(package) if (missing := told[rpc.name] - words(rpc.comment))}
    assert untold == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_comment_names_no_reason_that_there_is_not(package: str) -> None:
    importlib.import_module(f"{package}_service.main")
    reasons = {f"{each.reason}" for each in subclasses(ServiceError)}
    upper = re.compile(r": ((?:[A-Z][A-Z0-9]*_[A-Z0-9_]+(?:, | and |; )?)+)")
    for rpc in own_calls(package):
        for listed in upper.findall(rpc.comment):
            assert set(re.findall(r"[A-Z][A-Z0-9_]+", listed)) <= reasons, rpc.name


def test_a_reason_has_one_kind_whichever_service_answers_it() -> None:
    for package in PACKAGES:
        importlib.import_module(f"{package}_service.errors")
    kinds: dict[str, set[str]] = {}
    for each in subclasses(ServiceError):
        if "reason" in vars(each):
            kinds.setdefault(each.reason, set()).add(code_of(each()).name)
    assert {"TOPIC_NOT_SUPPORTED", "VIDEO_NOT_FOUND"} <= set(kinds)  # two services answer each
    assert {reason: codes for reason, codes in kinds.items() if len(codes) > 1} == {}


def words(comment: str) -> set[str]:
    return set(re.findall(r"[A-Z][A-Z0-9_]+", comment))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_reason_that_is_declared_is_named_beside_a_call(package: str) -> None:
    prefix = importlib.import_module(f"{package}_service.errors").__name__
    declared = {each.reason for each in subclasses(ServiceError) if each.__module__.startswith(prefix)}
    named = set().union(*(words(rpc.comment) for rpc in own_calls(package)))
    assert declared - named - EVERYWHERE == IN_WORDS.get(package, set())
