"""The Kubernetes manifests: valid, locked down, and enough for every process to start and reach what it calls."""

import base64
import importlib.util
import json
import re
from pathlib import Path

import kubernetes_validate
import pytest
from integration.deploy.manifests import PROCESSES, of_kind, pods

from inference_service.domain.models import Machine
from inference_service.storage import read_registry

DOCUMENTED = (Path(__file__).parents[3] / "docs/deployment.md").read_text()
# Kubernetes takes no larger object, nor an annotation in which kubectl could note down one larger than this.
MOST_OF_AN_OBJECT, MOST_OF_ANNOTATIONS = 1024**2, 256 * 1024


@pytest.mark.parametrize("version", ["1.31", "1.34", "1.37"])
def test_every_manifest_follows_the_schema(manifests, version):
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_what_kubectl_could_not_note_down_is_applied_by_the_server(manifests):
    sizes = [len(json.dumps(manifest)) for manifest in manifests]
    assert MOST_OF_ANNOTATIONS < max(sizes) < MOST_OF_AN_OBJECT
    applied = re.findall(r"kubectl apply .*-k .*", DOCUMENTED)
    assert applied
    assert all("kubectl apply --server-side " in line for line in applied)


def test_every_pod_has_no_rights_but_its_own(manifests):
    for name, pod in pods(manifests).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"]


def test_what_serves_tells_whether_it_can(manifests):
    for name in PROCESSES:
        (container,) = pods(manifests)[name]["spec"]["containers"]
        assert container["readinessProbe"]["grpc"] == {"port": 50051}
        for probe in ("startupProbe", "livenessProbe"):
            assert "grpc" not in container[probe], "a database that is away must not restart what waits for it"
        assert container["lifecycle"]["preStop"]


def test_selectors_find_their_pods_and_nothing_else(manifests):
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    selectors = {name: m["spec"]["selector"] for name, m in of_kind(manifests, "Service").items()}
    for kind in ("Deployment", "PodDisruptionBudget"):
        selectors |= {f"{kind}/{n}": m["spec"]["selector"]["matchLabels"] for n, m in of_kind(manifests, kind).items()}
    for owner, selector in selectors.items():
        assert [name for name, pod in labels.items() if selector.items() <= pod.items()] == [owner.rpartition("/")[2]]


def test_no_old_worker_of_auth_runs_beside_a_new_one(manifests):
    worker = of_kind(manifests, "Deployment")["auth-worker"]["spec"]
    assert (worker["replicas"], worker["strategy"]) == (1, {"type": "Recreate"})


def test_services_are_headless_so_that_clients_see_every_pod(manifests):
    services = of_kind(manifests, "Service")
    for name in ("auth", "content", "community", "planner", "inference"):
        assert services[name]["spec"]["clusterIP"] == "None"
        assert services[name]["spec"]["ports"][0]["port"] == 50051


def test_every_reference_is_made_here_or_documented_for_the_operator(manifests):
    made = {kind: set(of_kind(manifests, kind)) for kind in ("ConfigMap", "Secret", "PersistentVolumeClaim")}
    for name, pod in pods(manifests).items():
        for kind, reference in references(pod["spec"]):
            assert reference in made[kind] or f"`{reference}`" in DOCUMENTED, f"{name} wants {kind} {reference}"


def references(spec):
    for container in spec["containers"]:
        for source in container.get("envFrom", ()):
            yield from (("ConfigMap", s["name"]) for s in [source.get("configMapRef")] if s)
            yield from (("Secret", s["name"]) for s in [source.get("secretRef")] if s)
    for volume in spec.get("volumes", ()):
        for source in [volume, *volume.get("projected", {}).get("sources", ())]:
            yield from (("ConfigMap", s["name"]) for s in [source.get("configMap")] if s)
            yield from (("Secret", s.get("secretName") or s["name"]) for s in [source.get("secret")] if s)
            yield from (("PersistentVolumeClaim", s["claimName"]) for s in [source.get("persistentVolumeClaim")] if s)


@pytest.mark.parametrize("name", PROCESSES)
def test_the_dev_cluster_tells_every_process_all_it_must_know(name, rendered, settings_of):
    manifests = rendered("overlays/dev")
    (container,) = pods(manifests)[name]["spec"]["containers"]
    (module,) = container["args"]
    assert importlib.util.find_spec(module)
    settings = settings_of(module, environment(container, manifests))
    assert settings.listen == "0.0.0.0:50051"
    services = of_kind(manifests, "Service")
    for field, address in settings:
        if field.endswith("_address"):
            host, _, port = address.partition(":")
            assert services[host]["spec"]["ports"][0]["port"] == int(port)
    assert not urls_of_this_machine(settings)
    mounted = {volume["mountPath"] for volume in container["volumeMounts"]}
    assert str(settings.service_key_file.parent) in mounted


def urls_of_this_machine(settings):
    """Servers that a container would look for in itself: a default that nobody has replaced."""
    revealed = {name: getattr(value, "get_secret_value", lambda v=value: v)() for name, value in settings}
    return [name for name, value in revealed.items() if name.endswith("_url") and "127.0.0.1" in str(value)]


def environment(container, manifests):
    variables = {variable["name"]: variable["value"] for variable in container.get("env", ())}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            variables |= of_kind(manifests, "ConfigMap")[source["configMapRef"]["name"]]["data"]
        else:
            data = of_kind(manifests, "Secret")[source["secretRef"]["name"]]["data"]
            variables |= {name: base64.b64decode(value).decode() for name, value in data.items()}
    return variables


def test_a_larger_model_is_read_where_it_was_put_and_has_the_memory_it_needs(rendered, settings_of):
    manifests = rendered("overlays/models")
    (job,) = pods(manifests)["models-pull"]["spec"]["containers"]
    module, command, name = job["args"]
    assert (importlib.util.find_spec(module) is not None, command) == (True, "pull")
    (container,) = pods(manifests)["inference"]["spec"]["containers"]
    settings = settings_of("inference_service.main", environment(container, manifests))
    assert {"name": "LM_MODELS_DIR", "value": str(settings.models_dir)} in job["env"]
    (mount,) = [m for m in container["volumeMounts"] if m["mountPath"] == str(settings.models_dir)]
    assert mount["readOnly"] is True
    machine = Machine(settings.models_memory_mib << 20, cores=2)
    assert machine.holds(read_registry().card(name))
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) << 30
    assert machine.memory_bytes < limit


def test_each_database_has_a_migration_that_knows_the_owner_role_alone(rendered):
    manifests = rendered("overlays/dev")
    jobs = {name: job for name, job in of_kind(manifests, "Job").items() if name != "streams"}
    assert set(jobs) == {f"{service}-migration" for service in ("auth", "content", "community", "planner")}
    for name, job in jobs.items():
        service = name.removesuffix("-migration")
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["servicekit.migrate", "upgrade", service]
        variables = environment(container, manifests)
        assert list(variables) == ["LM_MIGRATION_DATABASE_URL"]
        assert variables["LM_MIGRATION_DATABASE_URL"].startswith(f"postgresql://{service}_owner:")
        assert variables["LM_MIGRATION_DATABASE_URL"].endswith(f"/{service}")


def test_what_services_use_of_nats_is_made_by_a_job_that_alone_knows_its_operator(rendered):
    manifests = rendered("overlays/dev")
    job = of_kind(manifests, "Job")["streams"]["spec"]["template"]
    (container,) = job["spec"]["containers"]
    module, file = container["args"]
    assert importlib.util.find_spec(module)
    assert list(environment(container, manifests)) == ["LM_NATS_URL"]
    (volume,), (mount,) = job["spec"]["volumes"], container["volumeMounts"]
    (told,) = [
        m for m in of_kind(manifests, "ConfigMap").values() if m["metadata"]["name"] == volume["configMap"]["name"]
    ]
    assert f"{mount['mountPath']}/{next(iter(told['data']))}" == file
    # Those that run before a new version are applied by this label, and the list has to come with its job.
    for manifest in (of_kind(manifests, "Job")["streams"], told):
        assert manifest["metadata"]["labels"]["app.kubernetes.io/component"] == "migration"
    operator = environment(container, manifests)["LM_NATS_URL"]
    for name in PROCESSES:
        (process,) = pods(manifests)[name]["spec"]["containers"]
        url = environment(process, manifests)["LM_NATS_URL"]
        assert url.startswith(f"nats://{name.removesuffix('-worker')}:")
        assert url != operator


def test_the_dev_clusters_database_asks_everybody_for_a_password(rendered):
    manifests = rendered("overlays/dev")
    (container,) = pods(manifests)["postgres"]["spec"]["containers"]
    assert container["args"] == ["postgres", "-c", "hba_file=/etc/postgresql/pg_hba.conf"]
    mounts = {m["mountPath"]: m["name"] for m in container["volumeMounts"]}
    volumes = {v["name"]: v for v in pods(manifests)["postgres"]["spec"]["volumes"]}
    access = of_kind(manifests, "ConfigMap")[volumes[mounts["/etc/postgresql"]]["configMap"]["name"]]
    assert access["data"] == {"pg_hba.conf": (Path(__file__).parents[3] / "deploy/postgres/pg_hba.conf").read_text()}


def test_production_holds_no_secret_and_runs_no_floating_version(rendered):
    manifests = rendered("overlays/prod")
    assert not of_kind(manifests, "Secret", "StatefulSet")
    images = {container["image"] for pod in pods(manifests).values() for container in pod["spec"]["containers"]}
    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", image) for image in images)
