"""The Kubernetes manifests as kustomize renders them, taken apart."""

OVERLAYS = ("base", "overlays/dev", "overlays/prod", "overlays/bucket", "overlays/models", "overlays/backup")
PROCESSES = (
    "auth", "auth-worker", "content", "content-worker", "community", "community-worker",
    "planner", "planner-worker", "inference",
)  # fmt: skip


def of_kind(manifests, *kinds):
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] in kinds}


def pods(manifests):
    found = {name: m["spec"]["template"] for name, m in of_kind(manifests, "Deployment", "StatefulSet", "Job").items()}
    return found | {
        name: m["spec"]["jobTemplate"]["spec"]["template"] for name, m in of_kind(manifests, "CronJob").items()
    }
