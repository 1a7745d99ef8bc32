"""The API as the committed descriptor set tells it: every RPC, where REST finds it, who may call it and its comment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from google.api import annotations_pb2, http_pb2  # type: ignore[import-untyped]  # Google publishes no stubs of them
from google.protobuf import descriptor_pb2

from littlemonster.common.v1 import access_pb2

DESCRIPTOR_SET = Path(str(resources.files("gateway"))) / "api.binpb"
# SystemService belongs to no service of its own: auth answers it.
_CLUSTER_OF = {"common": "auth"}
FILE = ".google.api.HttpBody"
"""An answer that is a file as it is, not JSON."""
# Not what stands behind a dot: "account.role_changed" is a value.
_SNAKE_CASE = re.compile(r"(?<!\.)\b[a-z]+(?:_[a-z]+)+\b")
_SERVICE_FIELD, _METHOD_FIELD = 6, 2


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method. `verb` and `path` are empty for one that only gRPC reaches; `path` is a google.api.http template."""

    package: str
    service: str
    name: str
    request: str
    response: str
    server_streaming: bool
    access: access_pb2.Access.ValueType
    verb: str
    path: str
    has_body: bool
    comment: str

    @property
    def full_name(self) -> str:
        """Such as "littlemonster.content.v1.VideoService.GetVideo"."""
        return f"{self.package}.{self.service}.{self.name}"

    @property
    def grpc_path(self) -> str:
        """What a gRPC client calls."""
        return f"/{self.package}.{self.service}/{self.name}"

    @property
    def json_path(self) -> str:
        """The REST path with its variables as JSON names them: "/v1/videos/{videoId}"."""
        return re.sub(r"\{(\w+)\}", lambda match: "{" + camel(match[1]) + "}", self.path)

    @property
    def cluster(self) -> str:
        """The service that answers it."""
        owner = self.package.split(".")[1]
        return _CLUSTER_OF.get(owner, owner)

    @property
    def is_exposed(self) -> bool:
        """False for what only the mesh's own services call."""
        return self.access != access_pb2.ACCESS_SERVICE

    @property
    def answers_file(self) -> bool:
        """True when the answer is not JSON but a file."""
        return self.response == FILE

    @property
    def is_public(self) -> bool:
        """True when no token is needed."""
        return self.access == access_pb2.ACCESS_PUBLIC


@cache
def descriptor_set() -> descriptor_pb2.FileDescriptorSet:
    """The committed descriptors with their comments."""
    return descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTOR_SET.read_bytes())


@cache
def contract_files() -> tuple[descriptor_pb2.FileDescriptorProto, ...]:
    """Our own files, without what they import."""
    return tuple(file for file in descriptor_set().file if file.package.startswith("littlemonster."))


@cache
def rpcs() -> tuple[Rpc, ...]:
    """Every RPC of every service, in the order of the files."""
    return tuple(rpc for file in contract_files() for rpc in _rpcs_of(file))


def exposed_services() -> list[str]:
    """Full names of the services of which clients may call something."""
    return sorted({f"{rpc.package}.{rpc.service}" for rpc in rpcs() if rpc.is_exposed})


def comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """The comment before each element, by its path in the file: on one line, fields named as JSON names them."""
    return {
        tuple(location.path): _SNAKE_CASE.sub(_json_name, " ".join(location.leading_comments.split()))
        for location in file.source_code_info.location
        if location.leading_comments
    }


def camel(name: str) -> str:
    """A field's name in JSON."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _json_name(match: re.Match[str]) -> str:
    return camel(match[0])


def _rpcs_of(file: descriptor_pb2.FileDescriptorProto) -> Iterator[Rpc]:
    texts = comments(file)
    for at, service in enumerate(file.service):
        for number, method in enumerate(service.method):
            rule = method.options.Extensions[annotations_pb2.http]
            yield Rpc(
                package=file.package,
                service=service.name,
                name=method.name,
                request=method.input_type,
                response=method.output_type,
                server_streaming=method.server_streaming,
                access=method.options.Extensions[access_pb2.access],
                verb=(rule.WhichOneof("pattern") or "").upper(),
                path=_pattern(rule),
                has_body=rule.body == "*",
                comment=texts.get((_SERVICE_FIELD, at, _METHOD_FIELD, number), ""),
            )


def _pattern(rule: http_pb2.HttpRule) -> str:
    kind = rule.WhichOneof("pattern")
    return str(getattr(rule, kind)) if kind else ""
