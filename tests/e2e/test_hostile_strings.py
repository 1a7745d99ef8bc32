"""Hostile strings in every text field of every call, through the real gateway: a clear refusal, or harmless; never a failure."""

import asyncio
import importlib
import uuid
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from buf.validate import validate_pb2
from e2e.test_admin_command import PASSWORD, lm_admin
from e2e.test_bad_input import error
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway.contracts import Rpc, contract_files, rpcs
from gateway.openapi.schemas import EXAMPLES

HOSTILE = {
    "control": "a\x07\x1b[31mb\r\nc",
    "turned round": "\u202eada\u2066b",
    "beyond the basic plane": "👩🏽‍🚀𒀀🔑",
    "NUL": "a\x00b",
    "quotes": "%_\\'\"; DROP TABLE users; -- ${jndi:ldap://x} {{7*7}} <script>",
    "long": "x" * 1_000_000,
}
LONGEST_IN_ADDRESS = 20_000
AT_ONCE = 8
DEPTH = 3
NUMBERS = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_DOUBLE)
SPECIAL = {"google.protobuf.Timestamp": "2030-09-02T16:00:00Z", "google.protobuf.FieldMask": "title"}


def calls() -> list[tuple[Rpc, Descriptor]]:
    """Every call that REST reaches, with its request."""
    for file in contract_files():
        importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
    find = descriptor_pool.Default().FindMessageTypeByName
    return [(rpc, find(rpc.request.lstrip("."))) for rpc in rpcs() if rpc.is_exposed and rpc.path]


def usual(field: FieldDescriptor, depth: int) -> Any:
    """A value that the field takes, as JSON; None where one is best left out."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if field.message_type:
        inner = SPECIAL.get(field.message_type.full_name) or whole(field.message_type, depth - 1)
        return ([inner] if field.is_repeated else inner) or None
    if field.is_repeated:
        return None
    if field.enum_type:
        return field.enum_type.values[-1].name
    if field.cpp_type in NUMBERS:
        return 1
    if field.cpp_type != FieldDescriptor.CPPTYPE_STRING or "token" in field.name:
        return None
    if rules.string.uuid:
        return str(uuid.uuid4())
    return (
        f"{uuid.uuid4()}@school.example" if rules.string.email else EXAMPLES.get(field.json_name, "some words of text")
    )


def whole(kind: Descriptor, depth: int = DEPTH) -> dict[str, Any]:
    """A request that would be taken, as far as the contract tells."""
    if depth == 0 or kind.full_name.startswith("google."):
        return {}
    values = {field.json_name: usual(field, depth) for field in kind.fields if field.containing_oneof is None}
    return {name: value for name, value in values.items() if value is not None}


def texts(kind: Descriptor, depth: int = DEPTH) -> Iterator[tuple[FieldDescriptor, ...]]:
    """The way to each text field, through messages inside messages."""
    for field in kind.fields if depth else ():
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            yield (field,)
        elif field.message_type and not field.message_type.full_name.startswith("google."):
            yield from ((field, *rest) for rest in texts(field.message_type, depth - 1))


def with_text(kind: Descriptor, way: tuple[FieldDescriptor, ...], text: str) -> dict[str, Any]:
    """A request with the text at the end of the way."""
    field, *rest = way
    inner = with_text(field.message_type, tuple(rest), text) if rest else text
    return whole(kind) | {field.json_name: [inner] if field.is_repeated else inner}


def request(http: httpx.AsyncClient, rpc: Rpc, body: dict[str, Any], field: FieldDescriptor) -> httpx.Request:
    path = rpc.json_path
    for name in [name for name in body if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(str(body.pop(name))[:LONGEST_IN_ADDRESS], safe=""))
    if rpc.has_body:
        return http.build_request(rpc.verb, path, json=body)
    query = {name: value for name, value in body.items() if name == field.json_name}
    return http.build_request(
        rpc.verb, path, params={name: str(value)[:LONGEST_IN_ADDRESS] for name, value in query.items()}
    )


def is_clear(answer: httpx.Response) -> bool:
    """Whether it has the one shape of errors."""
    try:
        return bool(error(answer))
    except (AssertionError, ValueError, KeyError):
        return False


@pytest.fixture
async def http(mesh, student):
    """Signed in as an admin, whom no role keeps from any call."""
    ada = await student("Ada")
    address = f"head-{ada.email}"
    code, said = await lm_admin(mesh.home, "create", address)
    assert code == 0, said
    async with httpx.AsyncClient(base_url=mesh.gateway, timeout=30) as http:
        tokens = (await http.post("/v1/auth/login", json={"email": address, "password": PASSWORD})).json()
        http.headers["authorization"] = f"Bearer {tokens['accessToken']}"
        yield http


async def test_no_string_in_any_field_of_any_call_makes_the_system_fail(http) -> None:
    places, statuses = asyncio.Semaphore(AT_ONCE), dict.fromkeys((200, 400), 0)

    async def ask(rpc: Rpc, kind: Descriptor, way: tuple[FieldDescriptor, ...], what: str) -> str | None:
        async with places:
            asked = request(http, rpc, with_text(kind, way, HOSTILE[what]), way[0])
            async with aclosing(await http.send(asked, stream=True)) as answer:
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
                if answer.status_code < 400:
                    return None
                await answer.aread()
        return (
            None
            if answer.status_code < 500 and is_clear(answer)
            else f"{rpc.name}.{way[-1].json_name}, {what}: {answer.status_code} {answer.text[:200]}"
        )

    asked = [ask(rpc, kind, way, what) for rpc, kind in calls() for way in texts(kind) for what in HOSTILE]
    assert len(asked) > 500
    assert [failed for failed in await asyncio.gather(*asked) if failed] == []
    assert all(statuses[status] > 20 for status in (200, 400)), statuses  # taken as harmless, and refused
