"""Every error Envoy answers by itself has the one shape, its reason and the matching status."""

import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from local_mesh.ports import free_ports

DYING_SERVICE = """
import asyncio, os, sys, grpc
from littlemonster.planner.v1 import planner_service_pb2_grpc as stubs

class Planner(stubs.PlannerServiceServicer):
    async def GetEvent(self, request, context):
        os._exit(1)

async def main():
    server = grpc.aio.server()
    stubs.add_PlannerServiceServicer_to_server(Planner(), server)
    server.add_insecure_port(sys.argv[1])
    await server.start()
    print("ready", flush=True)
    await server.wait_for_termination()

asyncio.run(main())
"""


def assert_shape(answer: httpx.Response, status: int, code: int, reason: str) -> dict:
    error = answer.json()
    assert (answer.status_code, error["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(error) == {"code", "message", "details"}
    info = error["details"][0]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert (info["reason"], info["domain"]) == (reason, "littlemonster")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    return error


def test_an_error_of_a_service_keeps_its_reason_and_metadata(client):
    error = assert_shape(client.get("/v1/videos/missing"), 404, 5, "VIDEO_NOT_FOUND")
    assert error["details"][0]["metadata"] == {"video": "missing"}


def test_an_error_before_a_stream_begins_is_an_error_not_a_stream(client):
    assert_shape(client.get("/v1/videos/missing:watch"), 404, 5, "VIDEO_NOT_FOUND")


@pytest.mark.parametrize(
    "path", ["/v1/nope", "/v1/videos/a/b/c", "/v1/videos/a:nope", "/docs/../secret", "/stats", "/config_dump"]
)
def test_an_unknown_path_is_not_found(client, path):
    assert_shape(client.get(path), 404, 5, "PATH_NOT_FOUND")


def test_a_call_for_services_only_is_not_there(client):
    path = "/littlemonster.inference.v1.GenerationService/GenerateScript"
    assert_shape(client.post(path, json={"topic": "x"}), 404, 5, "PATH_NOT_FOUND")


@pytest.mark.parametrize(
    ("verb", "path", "allow"),
    [
        ("PUT", "/v1/videos", "GET, POST"),
        ("POST", "/v1/videos/a", "DELETE, GET"),
        ("DELETE", "/v1/auth/login", "POST"),
        ("OPTIONS", "/v1/videos", "GET, POST"),  # without asking for a method it is no browser's question
    ],
)
def test_another_verb_is_told_which_are_allowed(client, verb, path, allow):
    answer = client.request(verb, path)
    assert_shape(answer, 405, 12, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == allow


def test_malformed_json_is_refused_and_says_where(client):
    answer = client.post("/v1/videos", content='{"topic": "x"', headers={"content-type": "application/json"})
    assert "Unexpected end of string" in assert_shape(answer, 400, 3, "MALFORMED_REQUEST")["message"]


def test_an_unknown_enum_value_is_named(client):
    error = assert_shape(client.post("/v1/videos", json={"subject": "SUBJECT_ALCHEMY"}), 400, 3, "MALFORMED_REQUEST")
    assert "SUBJECT_ALCHEMY" in error["message"]


def test_an_unknown_query_parameter_is_named(client):
    error = assert_shape(client.get("/v1/videos?colour=red"), 400, 3, "MALFORMED_REQUEST")
    assert "colour" in error["message"]


@pytest.mark.parametrize(
    "path", ["/v1/videos?pageToken=%ff%fe", "/v1/videos?pageToken=%ed%a0%80", "/v1/videos?pageToken=%c3"]
)
def test_text_that_is_not_utf8_is_refused_before_it_reaches_a_service(client, path):
    assert "UTF-8" in assert_shape(client.get(path), 400, 3, "MALFORMED_REQUEST")["message"]


def test_every_other_character_passes(client, services):
    client.get("/v1/videos", params={"pageToken": "a%/ äöü 中文 😀 ٣"})
    assert services.seen.requests["ListVideos"].page_token == "a%/ äöü 中文 😀 ٣"


def test_a_request_to_change_the_protocol_is_refused_for_what_it_is(client):
    headers = {"connection": "upgrade", "upgrade": "websocket"}
    answer = client.get("/v1/videos", headers=headers)
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (400, "MALFORMED_REQUEST")


def test_a_wrong_type_is_refused(client):
    assert_shape(client.put("/v1/videos/a/rating", json={"stars": "many"}), 400, 3, "MALFORMED_REQUEST")


@pytest.mark.parametrize("path", ["/v1/videos/a%2Fb", "/media/a%5Cb/v.mp4", "/v1/%2e%2e%2fadmin"])
def test_escaped_slashes_are_refused(client, path):
    assert_shape(client.get(path), 400, 3, "MALFORMED_REQUEST")


def test_a_body_over_the_limit_is_refused(client):
    assert_shape(client.post("/v1/videos", json={"topic": "x" * (1 << 20)}), 413, 8, "BODY_TOO_LARGE")


def test_headers_over_the_limit_are_refused(client):
    assert_shape(client.get("/v1/videos", headers={"x-long": "x" * 40_000}), 431, 8, "HEADERS_TOO_LARGE")


def test_something_that_is_not_http_gets_a_bad_request(shared_gateway):
    with socket.create_connection(("127.0.0.1", shared_gateway.settings.listen_port), 10) as connection:
        connection.sendall(b"GET / HTTP/9\r\nnonsense\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 400")


def test_a_body_wrapped_in_an_unknown_way_is_refused_and_told_how(shared_gateway):
    with socket.create_connection(("127.0.0.1", shared_gateway.settings.listen_port), 10) as connection:
        connection.sendall(
            b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 501")
    assert b"TRANSFER_ENCODING_UNKNOWN" in answer


def test_a_service_that_takes_too_long_is_a_timeout(impatient_client):
    assert_shape(impatient_client.get("/v1/videos/slow"), 504, 4, "UPSTREAM_TIMEOUT")


def test_a_service_that_is_down_is_unavailable_and_says_when_to_retry(start_gateway, services, closed_port):
    nobody = f"127.0.0.1:{closed_port}"
    headers = {"authorization": f"Bearer {services.token()}"}
    with start_gateway(clusters={"content": nobody}) as gateway:
        answer = httpx.get(f"{gateway.url}/v1/videos/a", headers=headers, timeout=60)
    error = assert_shape(answer, 503, 14, "SERVICE_UNAVAILABLE")
    assert error["details"][1]["retryDelay"] == f"{answer.headers['retry-after']}s"


def test_a_service_that_comes_back_is_used_again(start_gateway, services):
    address = f"127.0.0.1:{free_ports(1)[0]}"
    headers = {"authorization": f"Bearer {services.token()}"}
    with (
        start_gateway(clusters={"planner": address}) as gateway,
        httpx.Client(base_url=gateway.url, headers=headers) as client,
    ):
        for _ in range(10):  # more failures than an outlier is allowed
            assert client.get("/v1/planner/progress").status_code == 503
        with dying_service(address):
            while (answer := client.get("/v1/planner/progress")).status_code == 503:
                pass
            assert answer.status_code == 501


def test_a_service_that_dies_with_the_call_in_flight_is_unavailable(start_gateway, services):
    headers = {"authorization": f"Bearer {services.token()}"}
    with dying_service() as address, start_gateway(clusters={"planner": address}) as gateway:
        answer = httpx.get(f"{gateway.url}/v1/planner/events/e1", headers=headers, timeout=60)
    assert_shape(answer, 503, 14, "SERVICE_UNAVAILABLE")


def test_without_the_keys_a_token_is_not_called_forged(start_gateway, services, closed_port):
    nobody = f"127.0.0.1:{closed_port}"
    headers = {"authorization": f"Bearer {services.token()}"}
    with start_gateway(clusters={"auth": nobody}, has_keys=False) as gateway:
        answer = httpx.get(f"{gateway.url}/v1/videos/a", headers=headers, timeout=60)
    assert_shape(answer, 503, 14, "SIGNING_KEYS_UNAVAILABLE")


@contextmanager
def dying_service(address=None):
    address = address or f"127.0.0.1:{free_ports(1)[0]}"
    command = [sys.executable, "-c", DYING_SERVICE, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield address
        process.kill()
