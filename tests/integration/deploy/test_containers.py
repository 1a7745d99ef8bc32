"""Image, Compose file and gateway configuration, as far as they can be proven without a container engine."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import envoy
import pytest
import yaml

from gateway.settings import SERVICES
from local_mesh.addresses import API_SERVICES, WORKERS
from local_mesh.servers.databases import SERVICES as DATABASES

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
        assert service["networks"], name
        assert service.get("mem_limit") or name.endswith("-migration"), name
        if name in ("postgres", "nats"):  # their images' own users own their volumes
            continue
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["user"].startswith("${LM_USER")


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path):
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(tmp_path / "secrets")]
    subprocess.run(make, check=True, capture_output=True)
    first = contents(tmp_path / "secrets")
    subprocess.run(make, check=True, capture_output=True)
    assert contents(tmp_path / "secrets") == first
    secret = [path for path in (tmp_path / "secrets").rglob("*") if path.is_file() and path.name != "compose.env"]
    assert {path.stat().st_mode & 0o077 for path in secret} == {0}


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
