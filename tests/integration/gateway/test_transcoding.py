"""JSON in, JSON out: what REST clients see of the gRPC services."""

import json
import re

import pytest

from gateway.contracts import rpcs
from gateway.openapi import document
from gateway.routes import _OF_GRPC

PATHS = document()["paths"]
BODY_LEFT_OUT = [
    rpc
    for rpc in rpcs()
    if rpc.path and rpc.has_body and not PATHS[rpc.json_path][rpc.verb.lower()]["requestBody"]["required"]
]


@pytest.mark.parametrize("value", ["0n", "-5", "abc", "deflate", "a b"])
@pytest.mark.parametrize("header", [*_OF_GRPC, "grpc-foo", "any-bin", "te", "content-encoding"])
def test_what_grpc_says_beside_a_message_means_nothing_in_a_rest_request(client, header, value):
    assert client.get("/v1/videos/a", headers={header: value}).status_code == 200


def test_a_time_in_the_query_reaches_the_service(client, services):
    answer = client.get("/v1/planner/events", params={"startTime": "2026-11-23T00:00:00Z", "pageSize": 3})
    assert answer.json() == {"events": [], "nextPageToken": ""}
    request = services.seen.requests["ListEvents"]
    assert (request.start_time.ToJsonString(), request.page_size) == ("2026-11-23T00:00:00Z", 3)


def test_a_field_mask_in_the_body_reaches_the_service(client, services):
    client.patch("/v1/users/me", json={"displayName": "Ada", "updateMask": "displayName,subjects"})
    assert list(services.seen.requests["UpdateMe"].update_mask.paths) == ["display_name", "subjects"]


def test_put_takes_its_id_from_the_path(client, services):
    client.put("/v1/videos/v1/rating", json={"stars": 4, "videoId": "another"})
    request = services.seen.requests["SubmitRating"]
    assert (request.video_id, request.stars) == ("v1", 4)


def test_a_custom_verb_reaches_its_rpc(client):
    answer = client.post("/v1/planner/events/e1:complete", json={"completed": True})
    assert (answer.json()["id"], answer.json()["completed"]) == ("e1", True)


@pytest.mark.parametrize("rpc", BODY_LEFT_OUT, ids=lambda rpc: f"{rpc.verb} {rpc.json_path}")
def test_a_body_that_the_document_does_not_require_may_be_left_out(client, services, rpc):
    services.seen.requests.pop(rpc.name, None)
    assert client.request(rpc.verb, re.sub(r"\{\w+\}", "mine", rpc.path)).status_code != 400
    assert rpc.name in services.seen.requests


def test_unknown_fields_of_a_body_are_ignored(client):
    assert client.post("/v1/videos", json={"topic": "Pythagoras", "colour": "red"}).json()["topic"] == "Pythagoras"


def test_default_values_are_printed_and_enums_are_names(client):
    video = client.get("/v1/videos/a").json()
    assert video["viewCount"] == 0
    assert video["keyPoints"] == []
    assert video["status"] == "VIDEO_STATUS_PUBLIC"


def test_long_json_is_compressed_when_asked(client):
    answer = client.get("/v1/videos", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["videos"]) == 20


def test_short_json_and_streams_are_not_compressed(client):
    assert "content-encoding" not in client.get("/v1/videos/a", headers={"accept-encoding": "gzip"}).headers
    with client.stream("GET", "/v1/videos/a:watch", headers={"accept-encoding": "gzip"}) as answer:
        assert "content-encoding" not in answer.headers


def test_events_arrive_one_by_one_and_leaving_ends_the_call(client, services):
    services.seen.streams_ended.clear()
    with client.stream("GET", "/v1/videos/a:watch") as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        events = (json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:"))
        assert next(events)["percent"] == 0  # the service waits: nothing else can have come
        services.advance()
        assert next(events)["percent"] == 25
    assert services.seen.streams_ended.wait(60)


def test_a_stream_ends_when_the_service_is_done(client, services):
    seen = []
    with client.stream("GET", "/v1/videos/a:watch") as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                seen.append(json.loads(line[5:])["percent"])
                services.advance()
    assert seen == [0, 25, 50, 75, 100]


def test_an_error_inside_a_stream_ends_it_after_what_was_sent(client):
    assert client.get("/v1/videos/broken:watch").text.count("data:") == 1


def test_a_browser_of_a_known_origin_may_ask(anonymous):
    asked = {"origin": "http://localhost:5173", "access-control-request-method": "PUT"}
    answer = anonymous.options("/v1/videos/a/rating", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("headers", [{}, {"origin": "http://localhost:5173"}])
def test_a_cache_keeps_the_answer_to_one_origin_from_another(anonymous, headers):
    answer = anonymous.get("/.well-known/jwks.json", headers=headers)
    assert "origin" in answer.headers["vary"].lower().replace(" ", "").split(",")


def test_a_browser_of_a_foreign_origin_may_not(anonymous):
    asked = {"origin": "http://localhost.evil.example", "access-control-request-method": "PUT"}
    answer = anonymous.options("/v1/videos/a/rating", headers=asked)
    assert "access-control-allow-origin" not in answer.headers


def test_a_browser_can_read_errors(anonymous):
    answer = anonymous.get("/v1/videos/a", headers={"origin": "http://localhost:5173"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
