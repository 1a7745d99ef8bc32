"""The whole document: one operation for each RPC that REST reaches, and what the gateway serves itself."""

import json
import re
from functools import cache
from importlib import resources
from typing import Any

import yaml

from gateway.contracts import Rpc, comments, contract_files, rpcs
from gateway.openapi.constraints import is_required
from gateway.openapi.elements import Field, Message, elements, message
from gateway.openapi.failures import responses, without_failures
from gateway.openapi.schemas import Schemas

_SERVICE = 6
# What contracts cannot say: HttpBody names its media type only when it is answered.
_MEDIA_TYPES = {"DownloadExport": "application/zip", "GetFeed": "text/calendar"}
# As far as the first mark that ends a part of the sentence and is not in brackets.
_SUMMARY = re.compile(r"(?:\([^)]*\)|[^.:;(]|[.:;](?!\s|$))*")
# Of two words at least: Login and Moderate may be meant as words.
_RPC = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
_VARIABLE = re.compile(r"\{(\w+)\}")


def document_text() -> str:
    """What openapi.json holds."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    """The document; the same contracts always give the same one."""
    frame: dict[str, Any] = yaml.safe_load(resources.files("gateway.openapi").joinpath("frame.yaml").read_text())
    schemas = Schemas()
    paths: dict[str, Any] = {}
    for rpc in rpcs():
        if rpc.path and rpc.is_exposed:
            paths.setdefault(rpc.json_path, {})[rpc.verb.lower()] = _operation(rpc, schemas)
    frame["tags"] = _tags() + frame["tags"]
    frame["paths"] = paths | frame["paths"]
    frame["components"]["schemas"] |= dict(sorted(schemas.components.items()))
    described: dict[str, Any] = _with_paths(frame)
    return described


def _operation(rpc: Rpc, schemas: Schemas) -> dict[str, Any]:
    in_path = _VARIABLE.findall(rpc.path)
    request = message(rpc.request)
    operation: dict[str, Any] = {
        "operationId": f"{rpc.service}_{rpc.name}",
        "tags": [rpc.service],
        "summary": _summary(rpc.comment),
        "description": without_failures(rpc.comment),
        "security": [] if rpc.is_public else [{"accessToken": []}],
    }
    if parameters := _parameters(rpc, request, in_path, schemas):
        operation["parameters"] = parameters
    if rpc.has_body:
        body = schemas.of(rpc.request, frozenset(in_path))
        needed = any(is_required(field.proto) for field in request.fields if field.proto.name not in in_path)
        operation["requestBody"] = {"required": needed, "content": {"application/json": {"schema": body}}}
    operation["responses"] = {"200": _success(rpc, schemas)} | responses(rpc)
    return operation


def _summary(comment: str) -> str:
    found = _SUMMARY.match(comment)
    return found[0] if found else comment


def _parameters(rpc: Rpc, request: Message, in_path: list[str], schemas: Schemas) -> list[dict[str, Any]]:
    fields = {field.proto.name: field for field in request.fields}
    parameters = [_parameter(fields[name], "path", schemas) for name in in_path]
    if not rpc.has_body:
        queried = [field for name, field in fields.items() if name not in in_path]
        parameters += [_parameter(field, "query", schemas) for field in queried]
    return parameters


def _parameter(field: Field, place: str, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.field(field)
    return {
        "name": field.proto.json_name,
        "in": place,
        "required": place == "path" or is_required(field.proto),
        "description": schema.pop("description", ""),
        "schema": schema,
    }


def _success(rpc: Rpc, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of(rpc.response)
    element = elements().get(rpc.response)
    text = element.comment if element else "Done."
    if rpc.answers_file:
        return {"description": "The file.", "content": {_MEDIA_TYPES[rpc.name]: {"schema": schema}}}
    if not rpc.server_streaming:
        return {"description": text, "content": {"application/json": {"schema": schema}}}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    event = {"type": "object", "description": "Of each event.", "required": ["data"], "properties": {"data": data}}
    description = f"Server-Sent Events until the stream ends; the data of each is: {text}"
    return {"description": description, "content": {"text/event-stream": {"schema": event}}}


def _with_paths(told: Any) -> Any:
    """The same with RPCs named in descriptions as REST clients know them: "`GET /v1/videos/{videoId}:watch`" for WatchVideo."""
    if isinstance(told, list):
        return [_with_paths(each) for each in told]
    if isinstance(told, dict):
        return {key: _in_rest(key, each) if isinstance(each, str) else _with_paths(each) for key, each in told.items()}
    return told


def _in_rest(key: str, text: str) -> str:
    return _RPC.sub(lambda match: _called().get(match[0], match[0]), text) if key == "description" else text


@cache
def _called() -> dict[str, str]:
    return {rpc.name: f"`{rpc.verb} {rpc.json_path}`" for rpc in rpcs() if rpc.path and rpc.is_exposed}


def _tags() -> list[dict[str, str]]:
    return [
        {"name": service.name, "description": comments(file).get((_SERVICE, at), "")}
        for file in contract_files()
        for at, service in enumerate(file.service)
        if any(rpc.path for rpc in rpcs() if rpc.service == service.name)
    ]
