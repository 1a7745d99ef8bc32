"""Image, Compose file and gateway configuration, as far as they can be proven without a container engine."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import envoy
import pytest
import redis.asyncio
import yaml

from gateway.settings import SERVICES, in_containers
from local_mesh.addresses import API_SERVICES, WORKERS
from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import free_ports
from local_mesh.process import Child, Process
from local_mesh.readiness import tcp, wait_until
from local_mesh.servers.databases import SERVICES as DATABASES
from local_mesh.servers.redis import Redis

ROOT = Path(__file__).parents[3]
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
GATEWAYS = ("compose/envoy.yaml", "k8s/base/envoy.yaml", "k8s/overlays/prod/envoy.yaml")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())


def checked(*command):
    program = str(Path(sys.executable).parent / command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_passes_its_linter():
    checked("hadolint", "deploy/Dockerfile")


def test_all_yaml_passes_its_linter():
    folders = (
        "deploy/compose",
        "deploy/k8s",
        "deploy/nats",
        "deploy/postgres",
        "deploy/monitoring",
        "deploy/gateways.yaml",
    )
    checked("yamllint", "--strict", "--config-file", "deploy/.yamllint.yaml", *folders)


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


def test_the_gateways_configuration_is_what_the_contracts_make_it_today():
    checked("python", "deploy/render.py", "--check")


@pytest.mark.parametrize("name", GATEWAYS)
def test_envoy_takes_the_configuration(name, tmp_path):
    import swagger_ui_bundle

    import gateway

    text = (ROOT / "deploy" / name).read_text()
    # Where the image keeps these, this machine has nothing.
    text = text.replace("/app/share/gateway", gateway.__path__[0])
    text = text.replace("/app/share/swagger", str(swagger_ui_bundle.swagger_ui_path))
    (tmp_path / "envoy.yaml").write_text(text)
    binary = str(Path(envoy.__path__[0], "_bin/envoy"))
    checked(binary, "--mode", "validate", "--config-path", str(tmp_path / "envoy.yaml"), "--log-level", "error")


def test_a_deployment_may_name_several_web_clients_elsewhere():
    rendered = runpy.run_path(str(ROOT / "deploy/render.py"))["rendered"]
    text = rendered({"for": "k8s", "cors-origin": "https://a.example, https://b.example:8443"})
    assert [origin in text for origin in ("exact: https://a.example\n", "exact: https://b.example:8443\n")] == [
        True,
        True,
    ]
    with pytest.raises(subprocess.CalledProcessError):
        rendered({"for": "k8s", "cors-origin": "https://a.example, b.example"})


def test_no_port_of_the_gateway_but_that_of_clients_is_published(compose):
    (published,) = compose["services"]["gateway"]["ports"]
    assert published.endswith(f":{in_containers().listen_port}")


def test_production_is_told_its_address_and_its_proxy():
    (bootstrap,) = yaml.load_all((ROOT / "deploy/k8s/overlays/prod/envoy.yaml").read_text(), Loader=yaml.CSafeLoader)
    text = yaml.dump(bootstrap)
    assert "strict-transport-security" in text
    assert "xff_num_trusted_hops: 1" in text
    clusters = {cluster["name"]: cluster for cluster in bootstrap["static_resources"]["clusters"]}
    assert all(clusters[name]["type"] == "STRICT_DNS" for name in SERVICES)


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
    assert owner["entrypoint"] == ["chown", "--recursive", "${LM_USER}", "/volumes"]
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
    assert await wait_until(server.ready, 30)
    async with redis.asyncio.from_url(embedded.url_of("auth")) as client:
        assert await client.execute_command("INCR", "auth:attempts:x") == 1
        with pytest.raises(redis.exceptions.NoPermissionError):
            await client.keys("*")
    await child.stop(grace_seconds=5)


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path):
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(tmp_path / "secrets")]
    subprocess.run(make, check=True, capture_output=True)
    first = contents(tmp_path / "secrets")
    subprocess.run(make, check=True, capture_output=True)
    assert contents(tmp_path / "secrets") == first
    secret = [path for path in (tmp_path / "secrets").rglob("*") if path.is_file() and path.name != "compose.env"]
    assert {path.stat().st_mode & 0o077 for path in secret} == {0}


def test_addresses_of_the_time_when_all_were_one_user_are_made_anew_and_an_operators_own_stay(tmp_path):
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(tmp_path)]
    subprocess.run(make, check=True, capture_output=True)
    now = contents(tmp_path)
    nats, redis_ = ((tmp_path / "roles" / name).read_text().strip() for name in ("nats", "redis"))
    former = f"LM_NATS_URL=nats://mesh:{nats}@nats:4222\n"
    for name in ("auth", "planner"):
        (tmp_path / f"{name}.env").write_text("LM_COMMENT_LENGTH=7\n" + former)
    with (tmp_path / "auth.env").open("a") as file:
        file.write(f"LM_REDIS_URL=redis://:{redis_}@redis:6379/0\n")
    (tmp_path / "content.env").write_text("LM_NATS_URL=nats://ours:secret@nats.school.example:4222\n")
    (tmp_path / "nats.conf").write_text("authorization { user: mesh }")
    subprocess.run(make, check=True, capture_output=True)
    for name in ("auth", "planner"):
        lines = now[Path(f"{name}.env")].splitlines()[1:]
        assert (tmp_path / f"{name}.env").read_text().splitlines() == ["LM_COMMENT_LENGTH=7", *lines]
    assert "school.example" in (tmp_path / "content.env").read_text()
    assert (tmp_path / "nats.conf").read_text() == now[Path("nats.conf")]


def test_what_an_operator_tells_compose_outlives_another_run(tmp_path):
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(tmp_path)]
    subprocess.run(make, check=True, capture_output=True)
    told = tmp_path / "compose.env"
    made = told.read_text()
    told.write_text(f"LM_SECRETS=/elsewhere\n# Ours\nLM_PUBLIC_URL=https://lessons.school.example\n{made}")
    subprocess.run(make, check=True, capture_output=True)
    assert told.read_text() == f"{made}# Ours\nLM_PUBLIC_URL=https://lessons.school.example\n"


def contents(folder):
    return {path.relative_to(folder): path.read_text() for path in folder.rglob("*") if path.is_file()}
