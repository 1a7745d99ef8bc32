"""Calendar feeds through Envoy: a file and not JSON, not sent again, and in no log."""

import httpx
import pytest


@pytest.mark.parametrize("who", ["anonymous", "client"])
def test_a_feed_is_a_file_that_needs_no_account(request, who):
    answer = request.getfixturevalue(who).get("/calendar/1.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.content == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('W/"1"', "private, max-age=300")


def test_a_reader_who_has_it_gets_not_modified_without_content(anonymous):
    answer = anonymous.get("/calendar/1.ics", headers={"if-none-match": 'W/"1"'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", 'W/"1"')
    assert not {"content-type", "x-http-code", "transfer-encoding"} & set(answer.headers)
    assert anonymous.get("/calendar/1.ics").status_code == 200  # the connection is as it should be


def test_a_long_feed_is_compressed_for_who_can_read_that(anonymous):
    answer = anonymous.get("/calendar/50.ics", headers={"accept-encoding": "gzip"})
    assert (answer.headers["content-encoding"], answer.headers["etag"]) == ("gzip", 'W/"1"')
    assert len(answer.content) == 50 * len(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")


def test_a_feed_that_is_not_there_answers_in_the_one_shape(anonymous):
    answer = anonymous.get("/calendar/unknown.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["details"][0]["reason"] == "FEED_NOT_FOUND"


def test_other_answers_cannot_say_that_they_are_not_modified(client):
    answer = client.get("/v1/planner/events", headers={"x-http-code": "304"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/calendar/7.ics"), ("POST", "/calendar/7.ics"), ("GET", "/calendar/7.ics/more")]
)
def test_the_address_of_a_feed_is_in_no_log(start_gateway, method, path):
    with start_gateway() as running:
        with httpx.Client(base_url=running.url, timeout=60) as client:
            client.request(method, path)
            last = client.get("/docs/page.css").headers["x-request-id"]
        while last not in running.log.read_text():
            pass
        log = running.log.read_text()
        paths = [line["path"] for line in running.access_log()]
    assert "/calendar/7" not in log
    assert paths.count("/calendar/") == 1
