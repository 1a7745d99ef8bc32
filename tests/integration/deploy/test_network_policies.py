"""Who may reach whom in a cluster: open where calls go, closed elsewhere."""

from integration.deploy.manifests import PROCESSES, of_kind, pods

from gateway.settings import in_containers

CALLS = {
    ("auth", "content"), ("auth", "community"), ("auth", "planner"), ("auth", "inference"),
    ("content", "auth"), ("content", "inference"), ("content-worker", "auth"), ("content-worker", "inference"),
    ("community", "auth"), ("community", "content"), ("community", "inference"), ("community-worker", "auth"),
    ("planner", "auth"), ("planner-worker", "auth"), ("inference", "auth"), ("auth-worker", "auth"),
    ("gateway", "auth"), ("gateway", "content"), ("gateway", "community"), ("gateway", "planner"),
    ("gateway", "inference"),
}  # fmt: skip
FORBIDDEN = {
    ("planner", "content"), ("planner", "inference"), ("inference", "content"), ("inference", "planner"),
    ("content", "planner"), ("content", "community"), ("community", "planner"), ("auth", "gateway"),
}  # fmt: skip


def test_the_network_is_open_where_calls_go_and_closed_elsewhere(manifests):
    policies = of_kind(manifests, "NetworkPolicy").values()
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    for caller, callee in CALLS:
        assert connected(policies, labels[caller], labels[callee], 50051), f"{caller} cannot call {callee}"
    for caller, callee in FORBIDDEN:
        assert not connected(policies, labels[caller], labels[callee], 50051), f"{caller} can call {callee}"


def test_the_dev_clusters_servers_are_reached_by_those_who_need_them_alone(rendered):
    manifests = rendered("overlays/dev")
    policies = of_kind(manifests, "NetworkPolicy").values()
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    for server, port, callers in (
        (
            "postgres",
            5432,
            {*PROCESSES, *of_kind(manifests, "Job")} - {"inference", "streams"},
        ),
        ("nats", 4222, {*PROCESSES, "streams"}),
        ("redis", 6379, {"auth"}),
        ("mail", 1025, {"auth-worker"}),
    ):
        assert {name for name in labels if connected(policies, labels[name], labels[server], port)} == callers


def test_prometheus_alone_reads_the_gateways_counters_where_it_is_told(manifests):
    gateway = pods(manifests)["gateway"]
    told = gateway["metadata"]["annotations"]
    port, policies = int(told["prometheus.io/port"]), of_kind(manifests, "NetworkPolicy").values()
    assert port == in_containers().metrics_port
    for name, may in (("prometheus", True), ("somewhere on the internet", False), ("auth", False)):
        peer = {"app.kubernetes.io/name": name}
        assert _allowed(policies, "ingress", gateway["metadata"]["labels"], peer, port) == may
    (service,) = [s for name, s in of_kind(manifests, "Service").items() if name == "gateway"]
    assert [each["targetPort"] for each in service["spec"]["ports"]] == ["http"]


def test_with_media_in_a_bucket_the_worker_and_nobody_else_of_content_may_reach_it(rendered):
    manifests = rendered("overlays/bucket")
    outside = {"app.kubernetes.io/name": "somewhere on the internet"}
    for name, may in (("content-worker", True), ("content", False), ("inference", False)):
        labels = pods(manifests)[name]["metadata"]["labels"]
        assert _allowed(of_kind(manifests, "NetworkPolicy").values(), "egress", labels, outside, 443) == may


def test_a_larger_model_is_fetched_by_a_job_that_alone_gets_out(rendered):
    manifests = rendered("overlays/models")
    outside = {"app.kubernetes.io/name": "somewhere on the internet"}
    policies = of_kind(manifests, "NetworkPolicy").values()
    for name, may in (("models-pull", True), ("inference", False)):
        labels = pods(manifests)[name]["metadata"]["labels"]
        assert _allowed(policies, "egress", labels, outside, 443) == may


def test_backups_are_made_by_a_pod_that_reaches_the_databases_and_nothing_else(rendered):
    manifests = rendered("overlays/backup")
    policies, labels = (
        of_kind(manifests, "NetworkPolicy").values(),
        {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()},
    )
    assert connected(policies, labels["backup"], labels["postgres"], 5432)
    reachable = {
        name
        for name in labels
        for port in (4222, 6379, 50051)
        if connected(policies, labels["backup"], labels[name], port)
    }
    assert reachable == set()
    assert not [name for name in labels if connected(policies, labels[name], labels["backup"], 5432)]
    (cron,) = of_kind(manifests, "CronJob").values()
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"


def connected(policies, source, target, port):
    """Whether the policies let pods with these labels talk: both ends must allow it."""
    return _allowed(policies, "egress", source, target, port) and _allowed(policies, "ingress", target, source, port)


def _allowed(policies, direction, pod, peer, port):
    sides = [p["spec"] for p in policies if _selects(p["spec"]["podSelector"], pod)]
    sides = [spec for spec in sides if direction.capitalize() in spec["policyTypes"]]
    rules = [rule for spec in sides for rule in spec.get(direction, ())]
    return not sides or any(_admits(rule, direction, peer, port) for rule in rules)


def _admits(rule, direction, peer, port):
    peers = rule.get("to" if direction == "egress" else "from")
    if not any(p["port"] == port for p in rule.get("ports", [{"port": port}])):
        return False
    return peers is None or any("podSelector" in p and _selects(p["podSelector"], peer) for p in peers)


def _selects(selector, labels):
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", ()))
