"""Processes of a service as the mesh starts them, and the auth service that gives them the accounts' keys."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from grpc_health.v1 import health_pb2, health_pb2_grpc
from loopback import KID, Loopback

from littlemonster.auth.v1 import auth_service_pb2 as auth
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceServicer
from local_mesh.environment import child_environment
from servicekit.identity.jwks import jwk
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import TokenVerifier


class AuthKeys(AuthServiceServicer):
    """The auth service, as far as others need its keys: they verify what `Loopback.as_user` signs."""

    def __init__(self, loopback: Loopback) -> None:
        self._keys = auth.Jwks(keys=[auth.Jwk(**jwk(loopback.account_key.public_key(), KID))])

    async def GetJwks(self, request: auth.GetJwksRequest, context: Any) -> auth.Jwks:
        return self._keys


def verifier(service: str, loopback: Loopback) -> TokenVerifier:
    """What the other services of the mesh verify the service's own calls with."""
    return TokenVerifier(StaticKeys({}), StaticKeys({service: loopback.service_key.public_key()}))


def environment(service: str, loopback: Loopback, folder: Path, **variables: str) -> Mapping[str, str]:
    """What every process of the service is told; it signs with the loopback's service key. Files lie in `folder`."""
    key, keys = folder / f"{service}.pem", folder / "keys.json"
    key.touch(mode=0o600)
    key.write_bytes(loopback.service_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    keys.write_text(json.dumps({"keys": [jwk(loopback.service_key.public_key(), service)]}))
    usual = {"LM_LISTEN": "127.0.0.1:0", "LM_SERVICE_KEY_FILE": str(key), "LM_SERVICE_KEYS_FILE": str(keys)}
    return child_environment(**usual | variables)


@asynccontextmanager
async def running(module: str, environment: Mapping[str, str], loopback: Loopback) -> AsyncIterator[str]:
    """The process while the block lasts; yields host:port once it serves. It must end well when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        address = f"127.0.0.1:{await _port(process.stdout)}"
        await _serves(address, loopback)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.stdout.read()
        returncode = await process.wait()
    assert returncode == 0


async def _port(log: asyncio.StreamReader) -> int:
    """The port, once the process logs that it listens."""
    async for line in log:
        if port := json.loads(line).get("port"):
            return int(port)
    raise AssertionError(f"the process ended before it listened: {log}")


async def _serves(address: str, loopback: Loopback) -> None:
    """Returns once health says so: what the process depends on answers."""
    health = health_pb2_grpc.HealthStub(loopback.channel(address))
    watch = health.Watch(health_pb2.HealthCheckRequest())
    async for answer in watch:
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            break
    watch.cancel()  # a process told to stop would wait for it
