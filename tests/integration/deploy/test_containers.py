"""Image, secrets and gateway configuration, as far as they can be proven without a container engine."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import envoy
import pytest
import yaml
from integration.deploy.commands import ROOT, checked

from gateway.settings import SERVICES

GATEWAYS = ("compose/envoy.yaml", "k8s/base/envoy.yaml", "k8s/overlays/prod/envoy.yaml")


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


def test_a_look_at_a_container_s_health_says_what_is_wrong_before_it_is_cut_off():
    (timeout,) = re.findall(r"^HEALTHCHECK .*--timeout=(\d+)s", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert runpy.run_path(str(ROOT / "deploy/healthcheck.py"))["SECONDS"] < int(timeout)


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
