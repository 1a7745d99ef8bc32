"""The Compose file, as far as it can be proven without a container engine."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import redis.asyncio
import yaml
from integration.deploy.commands import ROOT, checked

from gateway.settings import in_containers
from local_mesh.addresses import API_SERVICES, WORKERS
from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import free_ports
from local_mesh.process import Child, Process
from local_mesh.readiness import tcp, wait_until
from local_mesh.servers.databases import SERVICES as DATABASES
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis

_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())


@pytest.mark.parametrize("file", ["compose.yaml", "bucket.yaml", "models.yaml", "monitoring.yaml"])
def test_the_compose_files_follow_the_specification(file):
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", f"deploy/compose/{file}")


def test_what_is_changed_for_a_bucket_is_the_worker_s_way_out_alone(compose):
    changes = yaml.safe_load((ROOT / "deploy/compose/bucket.yaml").read_text())["services"]
    assert changes == {"content-worker": {"networks": ["mesh", "outside"]}}
    assert {"mesh", "outside"} <= compose["networks"].keys()
    assert "content-worker" in compose["services"]


def test_a_larger_model_is_mounted_where_inference_looks_for_it(compose):
    (changes,) = [yaml.safe_load((ROOT / "deploy/compose/models.yaml").read_text())["services"]["inference"]]
    (mount,) = changes["volumes"]
    assert mount.endswith(f":{changes['environment']['LM_MODELS_DIR']}:ro")
    assert "inference" in compose["services"]


def test_no_port_of_the_gateway_but_that_of_clients_is_published(compose):
    (published,) = compose["services"]["gateway"]["ports"]
    assert published.endswith(f":{in_containers().listen_port}")


def test_compose_runs_every_process_of_the_mesh(compose):
    processes = {name for name, service in compose["services"].items() if "_service." in str(service.get("command"))}
    assert processes == {*API_SERVICES, *WORKERS}
    migrations = {name for name in compose["services"] if name.endswith("-migration")}
    assert migrations == {f"{service}-migration" for service in DATABASES}


@pytest.mark.parametrize("name", [*API_SERVICES, *WORKERS])
def test_compose_tells_every_process_all_it_must_know(name, compose, deploy, settings_of):
    service = compose["services"][name]
    variables = {key: _DEFAULT.sub(r"\1", value) for key, value in service["environment"].items()}
    for file in service.get("env_file", ()):
        lines = Path(file.replace("${LM_SECRETS}", str(deploy / "compose/state"))).read_text().splitlines()
        variables |= dict(line.split("=", 1) for line in lines)
    (module,) = service["command"]
    settings = settings_of(module, variables)
    for field, address in settings:
        if field.endswith("_address"):
            assert address.partition(":")[0] in compose["services"]
    revealed = {name: getattr(value, "get_secret_value", lambda v=value: v)() for name, value in settings}
    assert not [n for n, value in revealed.items() if n.endswith("_url") and "127.0.0.1" in str(value)]
    given = {s if isinstance(s, str) else s["target"] for s in service["secrets"]}
    assert {settings.service_key_file.name, settings.service_keys_file.name} <= given
    for secret in (s if isinstance(s, str) else s["source"] for s in service["secrets"]):
        file = compose["secrets"][secret]["file"].replace("${LM_SECRETS}", str(deploy / "compose/state"))
        assert Path(file).is_file()


def test_compose_gives_no_process_a_right_it_has_no_use_for(compose):
    for name, service in compose["services"].items():
        assert service.get("mem_limit") or name.endswith("-migration") or name == "streams", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.keys() & {"privileged", "devices", "pid", "ipc", "userns_mode"}, name
        if name != "volumes":
            assert service["user"].startswith("${LM_USER")
            assert not service.keys() & {"cap_add", "network_mode"}, name


def test_the_one_root_in_compose_gives_volumes_to_their_user_and_reaches_nothing(compose):
    owner = compose["services"]["volumes"]
    assert (owner["user"], owner["network_mode"], owner.get("restart")) == ("0:0", "none", None)
    assert owner["cap_add"] == ["CHOWN", "DAC_READ_SEARCH"]
    # The volumes, not the folder around them: that is of the read-only image.
    assert owner["entrypoint"] == [
        "chown",
        "--recursive",
        "${LM_USER}",
        *(mount["target"] for mount in owner["volumes"]),
    ]
    assert owner.keys().isdisjoint({"secrets", "env_file", "environment"})
    assert {mount["source"] for mount in owner["volumes"]} == {"postgres", "nats"} == set(compose["volumes"])
    for name in ("postgres", "nats"):
        server = compose["services"][name]
        assert server["depends_on"] == {"volumes": {"condition": "service_completed_successfully"}}
        # Else the engine would give the fresh volume back to the image's own user.
        assert all(m["volume"] == {"nocopy": True} for m in server["volumes"] + owner["volumes"] if isinstance(m, dict))


def test_compose_publishes_the_gateway_alone_and_shows_caught_mail_to_this_machine(compose):
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"gateway": ["${LM_GATEWAY_PORT:-8080}:8080"], "mail": ["127.0.0.1:8025:8025"]}
    assert {name for name, network in compose["networks"].items() if not (network or {}).get("internal")} == {"outside"}
    outside = {name for name, one in compose["services"].items() if "outside" in one.get("networks", ())}
    assert outside == {"gateway", "mail", "auth-worker"}


def test_in_compose_a_server_is_reached_by_those_who_need_it_alone(compose):
    databases = {name for name in (*API_SERVICES, *WORKERS) if name.partition("-")[0] in DATABASES}
    for server, users in (
        ("postgres", {*databases, *(f"{service}-migration" for service in DATABASES)}),
        ("nats", {*API_SERVICES, *WORKERS, "streams"}),
        ("redis", {"auth"}),
        ("mail", {"auth-worker"}),
        ("mesh", {"gateway", *API_SERVICES, *WORKERS}),
    ):
        reached = {name for name, service in compose["services"].items() if server in service.get("networks", ())}
        assert reached - {server} == users


def test_in_compose_the_database_s_container_knows_its_roles_passwords_and_provisions_itself_once(compose, deploy):
    postgres = compose["services"]["postgres"]
    roles = {role for service in DATABASES for role in (service, f"{service}_owner")}
    assert set(postgres["secrets"]) == roles
    assert postgres["environment"]["LM_ROLES"] == "/run/secrets"
    for role in roles:
        assert compose["secrets"][role]["file"] == f"${{LM_SECRETS}}/roles/{role}"
        assert (deploy / "compose/state/roles" / role).is_file()
    # The image runs every *.sql there: another script, such as the one for backups, would run before the databases exist.
    first = [m for m in postgres["volumes"] if isinstance(m, str) and ":/docker-entrypoint-initdb.d" in m]
    assert {mount.split(":")[1].rpartition("/")[2] for mount in first} == {"provision.sql", "service.psql"}
    assert postgres["command"] == ["postgres", "-c", "hba_file=/etc/postgresql/pg_hba.conf"]
    assert "../postgres/pg_hba.conf:/etc/postgresql/pg_hba.conf:ro" in postgres["volumes"]


def test_the_operator_s_passwords_reach_no_service(compose, deploy):
    state = deploy / "compose/state"
    operators = [(state / "roles" / name).read_text().strip() for name in ("nats", "redis", "postgres", "backup")]
    for name in (*API_SERVICES, *WORKERS):
        files = [file.replace("${LM_SECRETS}", str(state)) for file in compose["services"][name].get("env_file", ())]
        told = "".join(Path(file).read_text() for file in files)
        assert f"nats://{name.partition('-')[0]}:" in told
        assert not [password for password in operators if password in told]


def test_postgresql_logs_no_refusal_each_time_it_is_asked_whether_it_is_well(compose):
    _, *asked = compose["services"]["postgres"]["healthcheck"]["test"]
    role, database = (asked[asked.index(flag) + 1] for flag in ("--username", "--dbname"))
    rows = [line.split() for line in (ROOT / "deploy/postgres/pg_hba.conf").read_text().splitlines()]
    assert any(row[:2] == ["host", database] and role in row[2].split(",") for row in rows)


def test_containers_run_the_servers_that_the_tests_run_on(tmp_path):
    secrets = Credentials(tmp_path)
    servers = {
        "postgres": Postgres(tmp_path, tmp_path, 0, secrets),
        "nats": Nats(tmp_path, 0, secrets),
        "valkey/valkey": Redis(tmp_path, 0, secrets),
    }
    texts = [path.read_text() for path in (ROOT / "deploy").rglob("*.yaml")]
    images = {image for text in texts for image in re.findall(r"image: (\S+?):(\d+)", text)}
    tested = {(name, first_number(server.process().command[0])) for name, server in servers.items()}
    assert {image for image in images if image[0] in servers} == tested


def first_number(binary):
    """Of the version that it says it is."""
    said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    return re.search(r"(\d+)\.", said).group(1)


async def test_nats_and_redis_take_the_files_that_are_made_for_containers(deploy, tmp_path, compose):
    state = deploy / "compose/state"
    command, (name,) = compose["services"]["nats"]["command"], compose["services"]["nats"]["secrets"]
    assert command == ["--config", f"/run/secrets/{name}"]
    checked("nats-server", "-t", "--config", str(state / name))
    port = free_ports(1)[0]
    settings = json.loads((state / name).read_text())
    assert settings["http"] == "127.0.0.1:8222"
    embedded = Redis(tmp_path, port, Credentials(state / "roles"))
    server = Process(
        "redis",
        (embedded.process().command[0], str(state / "redis.conf"), "--port", str(port), "--dir", str(tmp_path)),
        child_environment(),
        ready=tcp("127.0.0.1", port),
    )
    child = await Child.start(server, tmp_path / "log")
    assert await wait_until(server.ready, 60)
    async with redis.asyncio.from_url(embedded.url_of("auth")) as client:
        assert await client.execute_command("INCR", "auth:attempts:x") == 1
        with pytest.raises(redis.exceptions.NoPermissionError):
            await client.keys("*")
    await child.stop(grace_seconds=5)
