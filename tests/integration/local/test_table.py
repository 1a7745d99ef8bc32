"""The table of processes tells each of them what it needs, and nothing more."""

import pytest

from local_mesh.addresses import API_SERVICES, WORKERS, Addresses
from local_mesh.forking import Forking
from local_mesh.home import Home
from local_mesh.servers.databases import SERVICES
from local_mesh.settings import MeshSettings
from local_mesh.table import Table


@pytest.fixture
async def processes(tmp_path):
    home = Home(tmp_path)
    home.make()
    table = Table(home, MeshSettings(home=tmp_path), Addresses.choose(0), Forking())
    return {process.name: process for process in table.processes()}


async def test_every_service_and_worker_is_in_it(processes):
    assert {*API_SERVICES, *WORKERS, "postgres", "nats", "redis", "smtp", "gateway"} <= set(processes)


async def test_what_a_process_waits_for_is_in_it_too(processes):
    assert {name for process in processes.values() for name in process.depends_on} <= set(processes)


async def test_no_password_is_on_a_command_line(processes, tmp_path):
    passwords = {path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}
    said = " ".join(word for process in processes.values() for word in process.command)
    assert len(passwords) > 5
    assert not [password for password in passwords if password in said]


@pytest.mark.parametrize("name", [*SERVICES, *(name for name in WORKERS)])
async def test_a_service_gets_the_runtime_role_of_its_own_database_only(processes, name):
    service = name.removesuffix("-worker")
    urls = [value for value in processes[name].environment.values() if value.startswith("postgresql://")]
    assert len(urls) == 1
    assert urls[0].startswith(f"postgresql://{service}:")


async def test_only_auths_api_knows_where_the_signing_key_lies(processes):
    assert [name for name, one in processes.items() if "LM_SIGNING_KEYS_DIR" in one.environment] == ["auth"]


async def test_a_service_is_its_own_user_of_nats(processes):
    for name in (*API_SERVICES, *WORKERS):
        assert processes[name].environment["LM_NATS_URL"].startswith(f"nats://{name.removesuffix('-worker')}:")


async def test_only_auths_api_knows_redis_and_as_one_who_counts(processes):
    urls = {
        name: one.environment["LM_REDIS_URL"] for name, one in processes.items() if "LM_REDIS_URL" in one.environment
    }
    assert list(urls) == ["auth"]
    assert urls["auth"].startswith("redis://auth:")


async def test_a_service_signs_as_itself(processes):
    for name in (*API_SERVICES, *WORKERS):
        assert processes[name].environment["LM_SERVICE_KEY_FILE"].endswith(f"/{name.removesuffix('-worker')}.pem")


async def test_services_read_what_the_terminal_chose_but_not_what_the_mesh_decides(tmp_path):
    home = Home(tmp_path)
    home.make()
    terminal = {
        "LM_HOME": str(tmp_path),
        "LM_PUBLIC_URL": "https://school.example",
        "LM_COMMENT_LENGTH": "500",
        "LM_CONTENT_ADDRESS": "192.0.2.1:1",
        "LM_MEDIA_DIR": "/elsewhere",
    }
    table = Table(home, MeshSettings.read(terminal), Addresses.choose(0), Forking())
    told = {process.name: process.environment for process in table.processes()}
    assert told["community"]["LM_COMMENT_LENGTH"] == "500"
    assert told["community"]["LM_CONTENT_ADDRESS"] == table.addresses.of("content")
    assert told["content-worker"]["LM_MEDIA_DIR"] == str(home.media)
    assert told["auth-worker"]["LM_PUBLIC_URL"] == told["planner"]["LM_PUBLIC_URL"] == "https://school.example"
