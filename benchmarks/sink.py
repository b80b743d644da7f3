"""A server that takes traces and counts them afterwards, in a process of its own so that its work is nobody else's."""

import gzip
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Sink", "sink"]

TOKEN = b'{"token":"t","project_id":"p","project_prem_status":"free"}'
"""For clients that exchange a key for a token first."""


class Sink:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"

    def count(self) -> int:
        """Return how many distinct spans that have ended were received so far."""
        with urllib.request.urlopen(f"{self.url}/count") as response:
            return int(response.read())


@contextmanager
def sink(delay_s: float = 0.0, port: int = 0) -> Iterator[Sink]:
    """Serve for the length of the block; each answer takes ``delay_s``."""
    command = [sys.executable, "-m", "benchmarks.sink", str(delay_s), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Sink(process, int(process.stdout.readline()))
        finally:
            process.terminate()


def _ids(body: bytes, is_json: bool) -> Iterator[tuple[object, object]]:
    if is_json:
        for resource in json.loads(body)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from ((s["traceId"], s["spanId"]) for s in scope["spans"] if s["endTimeUnixNano"] != "0")
        return
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            yield from ((span.trace_id, span.span_id) for span in scope.spans)


def _serve(delay_s: float, port: int) -> None:
    received: list[tuple[bytes, bool, bool]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # a program that ended, or was killed, in the middle of it
                return
            time.sleep(delay_s)
            is_json = "json" in self.headers["Content-Type"]
            if self.path.endswith("/v1/traces"):
                received.append((body, self.headers.get("Content-Encoding") == "gzip", is_json))
            self._answer(TOKEN if self.path.endswith("/auth/token") else b"{}" if is_json else b"")

        def do_GET(self) -> None:
            spans = {
                item for body, zipped, js in received for item in _ids(gzip.decompress(body) if zipped else body, js)
            }
            self._answer(str(len(spans)).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """Programs that end, or are killed, leave connections behind."""

    server = Server(("127.0.0.1", port), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    _serve(float(sys.argv[1]), int(sys.argv[2]))
