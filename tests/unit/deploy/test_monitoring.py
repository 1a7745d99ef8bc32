"""Rules and dashboards ask for metrics that the code emits, under the names that the collector gives them, and for no others."""

import ast
import json
import re
from pathlib import Path

import promql_parser as promql
import pytest
import yaml

from gateway.settings import in_containers
from local_mesh.addresses import API_SERVICES, WORKERS

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "deploy/monitoring"
SUFFIXES = {
    "create_histogram": ("_bucket", "_count", "_sum"),
    "create_counter": ("_total",),
    "create_gauge": ("",),
    "create_observable_gauge": ("",),
    "create_observable_up_down_counter": ("",),
}
UNITS = {"s": "_seconds", "By": "_bytes"}
OF_THE_COLLECTOR = {"system_filesystem_usage_bytes"}
OF_PROMETHEUS = {"up"}
# tests/integration/gateway/test_metrics.py asks Envoy for them.
OF_THE_GATEWAY = {"envoy_http_downstream_rq_xx", "envoy_vhost_route_upstream_rq_time_bucket"}
OF_THE_RESOURCE = {"service_name", "le", "mountpoint", "state"}


def instruments():
    """Name, unit and kind of every instrument that the services' sources make."""
    for source in [*ROOT.glob("libs/servicekit/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]:
        text = source.read_text()
        if "opentelemetry" not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SUFFIXES:
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                name, unit = call.args[0], given.get("unit") or [*call.args, ast.Constant("")][1]
                if call.func.attr.startswith("create_observable"):  # its second argument is the callback
                    unit = given.get("unit", ast.Constant(""))
                yield ast.literal_eval(name), ast.literal_eval(unit), call.func.attr


def emitted():
    """What Prometheus calls them: OpenTelemetry's translation, with suffixes for units and kinds."""
    return {
        name.replace(".", "_") + UNITS.get(unit, "") + suffix
        for name, unit, kind in instruments()
        for suffix in SUFFIXES[kind]
    }


def alerts():
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels():
    dashboard = json.loads((MONITORING / "grafana/dashboard.json").read_text())
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def questions():
    """Every expression; Grafana's interval in place of its variable."""
    asked = [rule["expr"] for rule in alerts()]
    asked += [target["expr"] for panel in panels() for target in panel["targets"]]
    return [expression.replace("$__rate_interval", "5m") for expression in asked]


def selectors(node):
    """Every choice of series in a parsed expression."""
    if isinstance(node, promql.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "args", "param"):
        for child in _list(getattr(node, name, None)):
            yield from selectors(child)


def _list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("expression", questions())
def test_every_metric_that_is_asked_for_is_emitted(expression):
    asked = {selector.name for selector in selectors(promql.parse(expression))}
    assert asked
    assert asked <= emitted() | OF_THE_COLLECTOR | OF_PROMETHEUS | OF_THE_GATEWAY


def test_the_translation_knows_every_kind_and_unit():
    units = {unit for _, unit, _ in instruments()}
    assert {unit for unit in units if unit and not unit.startswith("{")} <= UNITS.keys()
    assert len(list(instruments())) > 10


def test_every_process_is_missed_when_it_is_down():
    (down,) = [rule["expr"] for rule in alerts() if rule["alert"] == "ServiceDown"]
    assert sorted(re.findall(r'service_name="([\w-]+)"', down)) == sorted((*API_SERVICES, *WORKERS))


def test_a_gateway_that_is_down_is_missed_by_the_name_of_its_job():
    (down,) = [rule["expr"] for rule in alerts() if rule["alert"] == "GatewayDown"]
    (asked,) = selectors(promql.parse(down))
    assert [(matcher.name, matcher.value) for matcher in asked.matchers.matchers] == [("job", "gateway")]
    jobs = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]
    assert "gateway" in [job["job_name"] for job in jobs]


def test_every_alert_has_its_line_in_the_runbook_and_the_runbook_no_other():
    runbook = (ROOT / "docs/deployment.md").read_text().partition("### Alerts\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", runbook, re.MULTILINE) == [rule["alert"] for rule in alerts()]
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in alerts())


def test_compose_hands_each_of_them_the_files_that_are_there():
    compose = yaml.safe_load((ROOT / "deploy/compose/monitoring.yaml").read_text())["services"]
    mounts = [mount.split(":")[0] for service in compose.values() for mount in service["volumes"]]
    files = {(ROOT / "deploy/compose" / mount).resolve() for mount in mounts if mount.startswith("..")}
    assert files == {path for path in MONITORING.rglob("*") if path.is_file()}
    scraped = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]
    ports = dict(job["static_configs"][0]["targets"][0].split(":") for job in scraped)
    collector = yaml.safe_load((MONITORING / "collector.yaml").read_text())
    assert "collector" in compose
    assert collector["exporters"]["prometheus"]["endpoint"] == f"0.0.0.0:{ports.pop('collector')}"
    assert ports == {"gateway": str(in_containers().metrics_port)}


def test_every_part_of_the_collector_s_pipelines_is_configured():
    collector = yaml.safe_load((MONITORING / "collector.yaml").read_text())
    for pipeline in collector["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= collector[kind].keys()


def test_panels_do_not_lie_on_each_other():
    taken = [
        (x, y)
        for panel in panels()
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
