"""A real HTTP server that gives a model, and misbehaves as it is told."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from inference_service.storage import read_registry

NANO = read_registry().card("little-monster-nano")
MODEL = read_registry().path(NANO).read_bytes()
SHA256 = hashlib.sha256(MODEL).hexdigest()


@dataclass
class Source:
    """What the server gives and how it misbehaves: `drops` says after how many bytes each answer breaks off, `holds`
    after how many it comes to a standstill until `let_go`."""

    content: bytes = MODEL
    etag: str = '"one"'
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    holds: list[int] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append(dict(self.headers))
            if source.statuses:
                self.send_error(source.statuses.pop(0))
                return
            start = self._start()
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(source.content) - start))
            self.send_header("ETag", source.etag)
            self.end_headers()
            body = source.content[start:]
            if source.holds:
                self.wfile.write(body[: source.holds.pop(0)])
                source.let_go.wait()
                return
            self.wfile.write(body[: source.drops.pop(0)] if source.drops else body)
            self.close_connection = True

        def _start(self) -> int:
            fresh = self.headers.get("If-Range") in (None, source.etag)
            asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
            return int(asked) if source.ranges and fresh else 0

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        source.url = f"http://127.0.0.1:{server.server_address[1]}/model.gguf"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield source
        source.let_go.set()
        server.shutdown()
        serving.join()
