"""Turns the contracts into what is committed from them: Python stubs and the descriptor set the gateway transcodes by.

`python protos/build.py` writes; `--check` fails when what is committed differs; `--release` also keeps the descriptor set
as the promise that `buf breaking` holds later changes to.
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from google.api import annotations_pb2, http_pb2, httpbody_pb2
from google.protobuf import (
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
)
from google.rpc import error_details_pb2, status_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
STUBS = ROOT / "libs/contracts/src"
DESCRIPTOR = ROOT / "gateway/src/gateway/api.binpb"
RELEASED = PROTOS / "released.binpb"
# Error details are JSON only if their messages are in the set, though no contract imports them.
WELL_KNOWN = (
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    http_pb2,
    annotations_pb2,
    httpbody_pb2,
    error_details_pb2,
    status_pb2,
)


def dependencies() -> descriptor_pb2.FileDescriptorSet:
    """Imports of the contracts, from the descriptors in the installed wheels: nothing is vendored."""
    files = descriptor_pb2.FileDescriptorSet()
    any_file = status_pb2.DESCRIPTOR.dependencies[0]
    for file in (any_file, *(module.DESCRIPTOR for module in WELL_KNOWN)):
        files.file.add().ParseFromString(file.serialized_pb)
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    return files


def run_protoc(*arguments: str) -> None:
    if code := protoc.main(["protoc", *arguments]):
        sys.exit(code)


def generate(out: Path) -> None:
    """Writes stubs/ and api.binpb below `out`."""
    deps = out / "deps.binpb"
    deps.write_bytes(dependencies().SerializeToString())
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    stubs = out / "stubs"
    stubs.mkdir()
    inputs = [f"--descriptor_set_in={deps}", f"-I{PROTOS}"]
    run_protoc(
        *inputs,
        f"--python_out={stubs}",
        f"--mypy_out={stubs}",
        f"--grpc_python_out={stubs}",
        f"--mypy_grpc_out=only_async,generate_concrete_servicer_stubs:{stubs}",
        *sources,
    )
    run_protoc(
        f"--descriptor_set_in={deps}",
        f"--python_out={stubs}",
        f"--mypy_out={stubs}",
        "buf/validate/validate.proto",
    )
    extra = ["google/rpc/error_details.proto", "google/rpc/status.proto"]
    run_protoc(
        *inputs,
        "--include_imports",
        "--include_source_info",
        f"-o{out / 'api.binpb'}",
        *sources,
        *extra,
    )
    for pattern in ("*_pb2_grpc.py", "*_pb2_grpc.pyi"):
        drop_stubs_without_services(stubs, pattern)
    for folder in [p for p in stubs.rglob("*") if p.is_dir()]:
        (folder / "__init__.py").touch()
    (stubs / "littlemonster/py.typed").touch()


def drop_stubs_without_services(stubs: Path, pattern: str) -> None:
    """Files that hold only messages get an empty gRPC module from protoc; nobody needs it."""
    for path in stubs.rglob(pattern):
        if "_service_pb2_grpc" not in path.name:
            path.unlink()


def differences(fresh: Path, committed: Path) -> list[str]:
    """Relative paths of files which differ or exist on one side only."""
    names = {p.relative_to(fresh) for p in fresh.rglob("*") if p.is_file()}
    names |= {p.relative_to(committed) for p in committed.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    return sorted(
        str(name)
        for name in names
        if not ((fresh / name).is_file() and (committed / name).is_file())
        or not filecmp.cmp(fresh / name, committed / name, shallow=False)
    )


def check(fresh: Path) -> None:
    changed = differences(fresh / "stubs", STUBS)
    if not filecmp.cmp(fresh / "api.binpb", DESCRIPTOR, shallow=False):
        changed.append(str(DESCRIPTOR.relative_to(ROOT)))
    if changed:
        sys.exit("Generated files are stale; run `make protos` and commit:\n  " + "\n  ".join(changed))
    for command in (["lint"], ["breaking", "--against", str(RELEASED)]):
        subprocess.run(["buf", command[0], str(DESCRIPTOR), *command[1:]], check=True, cwd=ROOT)


def write(fresh: Path) -> None:
    shutil.rmtree(STUBS, ignore_errors=True)
    shutil.copytree(fresh / "stubs", STUBS)
    DESCRIPTOR.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(fresh / "api.binpb", DESCRIPTOR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail when the committed files are stale, then lint")
    mode.add_argument("--release", action="store_true", help="write, and promise these contracts to clients")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        if options.check:
            check(Path(folder))
        else:
            write(Path(folder))
    if options.release:
        shutil.copyfile(DESCRIPTOR, RELEASED)


if __name__ == "__main__":
    main()
