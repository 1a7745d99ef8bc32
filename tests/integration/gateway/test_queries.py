"""A path says what it is about, a body what is sent: no query speaks over either."""

import re

import pytest

from gateway.contracts import camel, rpcs
from gateway.openapi.elements import message

REST = [rpc for rpc in rpcs() if rpc.path and rpc.is_exposed]
ABOUT_ONE = [rpc for rpc in REST if "{" in rpc.path]
WITH_BODY = [rpc for rpc in REST if rpc.has_body]


def named(rpcs):
    return pytest.mark.parametrize("rpc", rpcs, ids=lambda rpc: f"{rpc.verb} {rpc.json_path}")


def variable(rpc):
    (name,) = re.findall(r"\{(\w+)\}", rpc.path)
    return name


def path_of(rpc):
    return re.sub(r"\{\w+\}", "mine", rpc.path)


def call(client, services, rpc, query="", body=None):
    """The answer; of a stream only that it began."""
    services.seen.requests.pop(rpc.name, None)
    sent = {"content": body or "{}", "headers": {"content-type": "application/json"}} if body or rpc.has_body else {}
    with client.stream(rpc.verb, path_of(rpc) + query, **sent) as answer:
        if answer.headers["content-type"] != "text/event-stream":
            answer.read()
    return answer


def assert_refused(answer, services, rpc, *told):
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"][0]["reason"] == "MALFORMED_REQUEST"
    assert all(word in answer.json()["message"] for word in told)
    assert rpc.name not in services.seen.requests


def spellings(name):
    """As the contract and as JSON spell it, one letter percent-encoded, or all."""
    yield from {name, camel(name)}
    yield camel(name).replace("e", "%65")
    yield "".join(f"%{ord(letter):02x}" for letter in name)


@named(ABOUT_ONE)
def test_a_query_cannot_name_another_than_the_path(client, services, rpc):
    for spelling in spellings(variable(rpc)):
        for query in (f"?{spelling}=another", f"?x=y&{spelling}=another", f"?&{spelling}=", f"?{spelling}"):
            assert_refused(call(client, services, rpc, query), services, rpc, "leave", "query")


@named(ABOUT_ONE)
def test_a_body_cannot_name_another_than_the_path(client, services, rpc):
    name = variable(rpc)
    for spelling in (name, camel(name), camel(name).replace("e", "\\u0065")):
        answer = call(client, services, rpc, body=f'{{"{spelling}": "another"}}')
        if answer.status_code != 400:  # it was ignored
            assert getattr(services.seen.requests[rpc.name], name) == "mine"


@named(ABOUT_ONE)
def test_a_path_alone_reaches_the_call_it_names(client, services, rpc):
    for query in ("", "?"):
        assert call(client, services, rpc, query).status_code != 400
        assert getattr(services.seen.requests[rpc.name], variable(rpc)) == "mine"


@named(WITH_BODY)
def test_no_field_of_a_body_is_taken_from_the_query(client, services, rpc):
    for field in message(rpc.request).fields:
        answer = call(client, services, rpc, f"?{field.proto.json_name}=secret")
        assert_refused(answer, services, rpc, "leave the query out")


def test_a_field_whose_name_only_contains_that_of_the_path_is_taken(client, services):
    rpc = next(rpc for rpc in REST if rpc.name == "ListComments")
    assert call(client, services, rpc, "?pageToken=videoId=another").status_code != 400
    assert services.seen.requests["ListComments"].page_token == "videoId=another"


def test_a_browser_can_read_why_a_query_is_refused(client, services):
    answer = client.get("/v1/videos/mine?videoId=another", headers={"origin": "http://localhost:5173"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["message"].endswith("The path gives videoId; leave it out of the query.")
