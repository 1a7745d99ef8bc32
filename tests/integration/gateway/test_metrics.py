"""What Prometheus reads from Envoy: what the rules ask for, at a port of its own, and nothing more of Envoy's interface."""

import re
import time

import httpx
import pytest
import yaml
from unit.deploy.test_monitoring import OF_THE_GATEWAY, questions

from local_mesh.ports import free_ports

_SECONDS = 60


@pytest.fixture(scope="module")
def metrics(start_gateway, services):
    """The text that is scraped after a call that is answered, one that fails and one that is refused; and its address."""
    port, token = free_ports(1)[0], {"authorization": f"Bearer {services.token()}"}
    with start_gateway(metrics_port=port, clusters={"planner": f"127.0.0.1:{free_ports(1)[0]}"}) as gateway:
        for path in ("/v1/videos/a", "/v1/planner/progress", "/v1/nope"):
            httpx.get(gateway.url + path, headers=token)
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + _SECONDS
        while OF_THE_GATEWAY - set(re.findall(r"^\w+", text := scraped(address), re.MULTILINE)):
            assert time.monotonic() < until, text[-4000:]  # Envoy sums durations up every few seconds only
        yield text, address


def scraped(address):
    answer = httpx.get(f"{address}/metrics")
    assert answer.status_code == 200
    return answer.text


def series(text, name):
    """Labels and value of each."""
    found = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE)
    return [
        (yaml.safe_load("{" + re.sub(r'(\w+)=(".*?")', r"\1: \2", labels) + "}"), float(value))
        for labels, value in found
    ]


def test_every_metric_that_rules_ask_of_the_gateway_is_there_with_its_labels(metrics):
    asked = [expression for expression in questions() if "envoy_" in expression]
    assert asked
    for name in OF_THE_GATEWAY:
        labels = {label for expression in asked for label in re.findall(r"\b(envoy_\w+?)[!=]?=", expression)}
        told = {label for found, _ in series(metrics[0], name) for label in found}
        assert told
        assert {label for label in labels if any(f"{name}{{" in e and label in e for e in asked)} <= told


def test_failures_are_counted_apart_and_only_those_of_clients_requests(metrics):
    requests = {
        labels["envoy_response_code_class"]: value
        for labels, value in series(metrics[0], "envoy_http_downstream_rq_xx")
        if labels["envoy_http_conn_manager_prefix"] == "api"
    }
    assert requests["5"] == 1
    assert requests["4"] >= 1


def test_how_long_a_service_takes_is_told_by_its_name(metrics):
    times = series(metrics[0], "envoy_vhost_route_upstream_rq_time_count")
    assert {labels["envoy_route"] for labels, value in times if value} >= {"content"}


@pytest.mark.parametrize(
    "path", ["/", "/stats", "/config_dump", "/metrics?filter=x", "/metrics/", "/clusters", "/certs"]
)
def test_nothing_else_of_envoys_interface_is_there(metrics, path):
    assert httpx.get(metrics[1] + path).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/quitquitquit", "/logging", "/healthcheck/fail", "/reset_counters"])
def test_nothing_can_be_changed_there(metrics, path):
    assert httpx.post(metrics[1] + path).status_code == 404


def test_clients_do_not_reach_it_by_the_port_of_the_api(client):
    assert client.get("/metrics").status_code == 404
