"""An endpoint on this machine that takes traces, answers as it is told, and keeps what it got."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.spooled import Spooled

__all__ = ["Endpoint", "Received", "endpoint"]

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_protobuf(self) -> bool:
        return self.headers["content-type"] == "application/x-protobuf"


@dataclass
class Endpoint:
    """What it does, and what it has got. ``answers`` are used up one per POST of traces; then it is 200."""

    url: str = ""
    answers: list[Reply] = field(default_factory=list)
    token: Callable[[str], Reply] | None = None
    delay_s: float = 0.0
    judge: Callable[[Received], Reply | None] = lambda request: None
    received: list[Received] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def taken(self) -> list[Received]:
        """Requests with traces that were answered with 200."""
        return [item for item in self.received if item.headers["answer"] == "200"]

    @property
    def spooled(self) -> Spooled:
        """What was taken, as a reader sees it; lines that were taken twice count once."""
        spooled = Spooled()
        seen = set()
        for request in self.taken:
            for item in request.json["resourceSpans"]:
                line = json.dumps({"resourceSpans": [item]}, sort_keys=True).encode()
                if line not in seen:
                    seen.add(line)
                    spooled.take(line)
        return spooled

    def wait_for(self, condition: Callable[["Endpoint"], object], timeout_s: float = 20) -> None:
        end = time.monotonic() + timeout_s
        while not condition(self):
            assert time.monotonic() < end, f"waited in vain; received {len(self.received)} requests"
            time.sleep(0.01)

    def answer(self, request: Received) -> Reply:
        if request.path == "/v3/auth/token":
            key = request.json["api_key"]
            self.logins.append(key)
            return self.token(key) if self.token else (404, {}, b"")
        time.sleep(self.delay_s)
        reply = self.judge(request) or (self.answers.pop(0) if self.answers else (200, {}, b""))
        request.headers["answer"] = str(reply[0])
        self.received.append(request)
        return reply


@contextmanager
def endpoint(port: int = 0, **behaviour: Any) -> Iterator[Endpoint]:
    """Serve an endpoint for the length of the block."""
    served = Endpoint(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            status, extra, content = served.answer(Received(self.path, headers, body, time.monotonic()))
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away in the middle is part of some tests."""

    server = Server(("127.0.0.1", port), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
