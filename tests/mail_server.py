"""A mail server on this machine that keeps the letters that it gets."""

import base64
import contextlib
import socketserver
import ssl
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
    """Where it listens, how it answers, and what it has got."""

    refuses: bytes = b""
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    port: int = 0
    letters: list[Message] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    """What it was told beside the letters."""
    in_the_open: int = 0
    """So many of the lines came before there was TLS."""
    logins: list[tuple[str, str]] = field(default_factory=list)
    """Users and passwords that it was given."""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    served: MailServer

    def handle_error(self, *_: object) -> None:
        """Who does not trust the certificate breaks off; the test sees that on its own side."""


class _Talk(socketserver.StreamRequestHandler):
    server: _Server
    has_tls = False

    def handle(self) -> None:
        served = self.server.served
        if served.tls is not None:
            self._secure(served.tls)
        self._say(b"220 ready")
        while line := self.rfile.readline():
            served.lines.append(line)
            served.in_the_open += not self.has_tls
            words = line.split() or [b""]
            if words[0].upper() == b"QUIT":
                self._say(b"221 bye")
                return
            self._answer(words[0].upper(), words[1:])

    def _answer(self, word: bytes, rest: list[bytes]) -> None:
        served = self.server.served
        if word == b"EHLO":
            self._say(*self._offers())
        elif word == b"STARTTLS" and served.starttls is not None:
            self._say(b"220 go on")
            self._secure(served.starttls)
        elif word == b"AUTH":
            _, user, password = base64.b64decode(rest[1]).decode().split("\0")
            served.logins.append((user, password))
            self._say(b"235 welcome")
        elif word == b"DATA":
            self._say(b"354 go on")
            self._take()
            self._say(b"250 ok")
        else:
            self._say(served.refuses if word == b"RCPT" and served.refuses else b"250 ok")

    def _offers(self) -> list[bytes]:
        if self.has_tls:
            return [b"250-here", b"250 AUTH PLAIN"]
        return [b"250-here", b"250 STARTTLS"] if self.server.served.starttls is not None else [b"250 ok"]

    def _secure(self, context: ssl.SSLContext) -> None:
        self.rfile.close()
        self.wfile.close()
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.has_tls = True

    def _take(self) -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        self.server.served.letters.append(message_from_bytes(b"".join(lines), policy=default))

    def _say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))
        self.wfile.flush()

    def finish(self) -> None:
        # The base class knows only the socket that it was given.
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        self.request.close()


@contextmanager
def mail_server(
    refuses: bytes = b"", *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[MailServer]:
    """Serve SMTP for the length of the block; every recipient is answered with ``refuses``, if there is such a line.

    ``starttls`` is offered to who asks what there is; with ``tls`` nothing is said without. Over it people sign in.
    """
    served = MailServer(refuses, starttls, tls)
    server = _Server(("127.0.0.1", 0), _Talk)
    server.served, served.port = served, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
