"""A mail server on this machine that keeps the letters that it gets."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default

__all__ = ["MailServer", "mail_server"]


@dataclass
class MailServer:
    """Where it listens, and what it has got."""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    """What it was told beside the letters."""


@contextmanager
def mail_server(refuses: bytes = b"") -> Iterator[MailServer]:
    """Serve SMTP for the length of the block; every recipient is answered with ``refuses``, if there is such a line."""
    served = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 ready")
            for line in self.rfile:
                served.lines.append(line)
                word = line.split()[0].upper() if line.strip() else b""
                if word == b"QUIT":
                    self._say(b"221 bye")
                    return
                if word == b"DATA":
                    self._say(b"354 go on")
                    self._take()
                self._say(refuses if word == b"RCPT" and refuses else b"250 ok")

        def _take(self) -> None:
            lines = []
            for line in self.rfile:
                if line == b".\r\n":
                    break
                lines.append(line.removeprefix(b"."))
            served.letters.append(message_from_bytes(b"".join(lines), policy=default))

        def _say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
