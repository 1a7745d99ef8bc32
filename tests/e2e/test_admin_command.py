"""What operators do beside a running mesh: `lm admin`, `lm audit`, `lm keys`."""

import asyncio
import os
import sys

from local_mesh.demo.client import Gateway

PASSWORD = "seven lamps in a harbour"


async def lm_admin(home, *arguments, password=PASSWORD):
    return await lm(home, "admin", *arguments, password=password)


async def lm(home, *arguments, password=""):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", *arguments),
        env=os.environ | {"LM_HOME": str(home)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(f"{password}\n".encode())
    return process.returncode, (out + err).decode()


async def test_the_admin_it_makes_finds_and_suspends_others(mesh, student):
    ada = await student("Ada")
    address = f"head-{ada.email}"
    code, said = await lm_admin(mesh.home, "create", address, "--name", "Head")
    assert (code, PASSWORD in said) == (0, False), said
    head = Gateway(mesh.gateway)
    tokens = await head.call("POST", "/v1/auth/login", {"email": address, "password": PASSWORD})
    head.token = tokens["accessToken"]
    (user,) = (await head.call("GET", "/v1/admin/users", query={"query": ada.email, "role": "ROLE_STUDENT"}))["users"]
    changed = await head.call("PATCH", f"/v1/admin/users/{user['id']}", {"suspended": True})
    assert changed["suspended"] is True
    await head.close()


async def test_a_refusal_is_one_sentence_and_exit_code_1(mesh, tmp_path):
    code, said = await lm_admin(mesh.home, "create", "head@school.example", password="littlemonster")
    assert (code, "easy to guess" in said, "Traceback" in said) == (1, True, False)
    code, said = await lm_admin(tmp_path, "create", "head@school.example")
    assert (code, "No mesh runs" in said) == (1, True)


async def test_the_audit_log_and_the_keys_are_looked_over_beside_the_running_mesh(mesh, student):
    await student("Ada")
    while (told := await lm(mesh.home, "audit", "verify"))[0] == 0 and "empty" in told[1]:
        pass  # the worker seals twice a second
    assert (told[0], "whole" in told[1]) == (0, True), told[1]
    code, said = await lm(mesh.home, "keys", "list")
    assert (code, "SIGNING" in said) == (0, True), said
