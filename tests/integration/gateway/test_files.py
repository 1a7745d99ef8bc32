"""What the gateway serves itself: media with ranges, the OpenAPI document, the docs page, its own health."""

import pytest
from openapi_spec_validator import validate

from gateway.openapi import document

FILM = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def folder(shared_gateway):
    folder = shared_gateway.settings.media_dir / "0190a5f0-1111-7000-8000-000000000001"
    folder.mkdir(exist_ok=True)  # a worker may come back to this file after another
    (folder / "video.mp4").write_bytes(FILM)
    (folder / "thumbnail.webp").write_bytes(b"RIFF")
    (folder / "captions.vtt").write_text("WEBVTT\n" * 200)
    (folder / "video.mp4.partial").write_bytes(b"unfinished")
    (folder / ".hidden.mp4").write_bytes(b"secret")
    (shared_gateway.settings.media_dir.parent / "secret.mp4").write_bytes(b"secret")
    return f"/media/{folder.name}"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("video.mp4", "video/mp4"),
        ("thumbnail.webp", "image/webp"),
        ("captions.vtt", "text/vtt; charset=utf-8"),
    ],
)
def test_media_files_need_no_token_and_have_their_type(anonymous, folder, name, content_type):
    answer = anonymous.get(f"{folder}/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in answer.headers


def test_a_player_may_ask_for_a_range(anonymous, folder):
    answer = anonymous.get(f"{folder}/video.mp4", headers={"range": "bytes=100-299"})
    assert answer.status_code == 206
    assert answer.content == FILM[100:300]
    assert answer.headers["content-range"] == f"bytes 100-299/{len(FILM)}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/healthz", "/openapi.json", "/docs", "/docs/", "/docs/page.js", "/media/a/video.mp4"]
)
def test_what_the_gateway_serves_itself_can_only_be_read(anonymous, method, path):
    answer = anonymous.request(method, path)
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_range_beyond_the_end_is_refused(anonymous, folder):
    answer = anonymous.get(f"{folder}/video.mp4", headers={"range": "bytes=999999-"})
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["cache-control"] == "no-store"


def test_the_length_can_be_asked_for_alone(anonymous, folder):
    answer = anonymous.head(f"{folder}/video.mp4")
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(FILM)))


@pytest.mark.parametrize(
    "name",
    ["", "/", "/none.mp4", "/video.mp4.partial", "/.hidden.mp4", "/../../secret.mp4", "/%2e%2e/%2e%2e/secret.mp4"],
)
def test_nothing_else_in_or_around_the_folder_is_served(anonymous, folder, name):
    answer = anonymous.get(f"{folder}{name}")
    assert answer.status_code == 404
    assert answer.json()["details"][0]["reason"] in ("MEDIA_NOT_FOUND", "PATH_NOT_FOUND")
    assert answer.headers["cache-control"] == "no-store"


def test_the_gateway_says_that_it_is_well(anonymous):
    answer = anonymous.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


def test_the_openapi_document_is_served_whole(anonymous):
    answer = anonymous.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document()
    validate(answer.json())


def test_the_docs_page_loads_only_from_here(anonymous):
    page = anonymous.get("/docs", follow_redirects=True)
    assert anonymous.get("/").headers["location"].endswith("/docs/"), "letters name the bare address"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "//" not in page.text.replace("<!DOCTYPE", "")
    for path in ("/docs/page.js", "/docs/page.css", "/docs/assets/swagger-ui.css", "/docs/assets/swagger-ui-bundle.js"):
        assert path in page.text
        assert anonymous.get(path).status_code == 200


def test_answers_tell_browsers_to_be_careful(anonymous):
    headers = anonymous.get("/healthz").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers
