"""Ways of telling people: hooks that take a POST, and mail. Whoever starts the server names them, nobody else can.

A page that let its users name addresses would let them make the server call whatever it can reach.
"""

import contextlib
import hashlib
import os
import smtplib
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from agentops.errors import ConfigurationError
from agentops.version import __version__
from agentops_dashboard.alerts.book import Recipient
from agentops_dashboard.alerts.message import Message

if TYPE_CHECKING:
    from requests import PreparedRequest

__all__ = ["MAIL_VARIABLE", "SMTP_VARIABLE", "URL_VARIABLE", "Destination", "destinations_of"]

URL_VARIABLE: Final = "AGENTOPS_ALERT_URL"
MAIL_VARIABLE: Final = "AGENTOPS_ALERT_MAIL"
SMTP_VARIABLE: Final = "AGENTOPS_SMTP_URL"
_TIMEOUT_S: Final = 5.0


class Destination(Protocol):
    """Somebody who is told."""

    @property
    def recipient(self) -> Recipient:
        """What it is called in the alerts' file."""
        ...

    def send(self, message: Message) -> None:
        """Tell it, within some seconds.

        Raises:
            OSError: It could not be reached, or did not take it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """Takes JSON by POST: ``text`` for people, as Slack's incoming hooks want it, and ``alert`` for programs."""

    url: str

    @property
    def recipient(self) -> Recipient:
        """Its path and its password are secrets in most cases: people see the host alone."""
        parts = urlsplit(self.url)
        return _recipient(self.url, parts.hostname or "")

    def send(self, message: Message) -> None:
        """Post it."""
        import requests  # a server that tells nobody anything starts quicker without

        text = "\n".join(map(_escaped, (f"*{message.title}*", *message.lines)))
        try:
            # What it answers is of no interest, however long it is; where it wants to send us on, even less.
            with requests.post(
                self.url,
                json={"text": text, "alert": message.data},
                headers={"User-Agent": f"agentops/{__version__}"},
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                stream=True,
                auth=_leave_headers,
            ) as answer:
                status = answer.status_code
        except requests.Timeout as error:
            raise OSError(f"it did not answer in {_TIMEOUT_S:g} s") from error
        except requests.RequestException as error:
            # Its text would have the URL.
            raise OSError(f"it cannot be reached ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise OSError(f"it answered {status}")


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends mail to one address by SMTP, with TLS where the server offers it."""

    address: str
    server: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    has_tls: bool = False

    @property
    def recipient(self) -> Recipient:
        """The address."""
        return _recipient(f"mailto:{self.address}", self.address)

    def send(self, message: Message) -> None:
        """Send it."""
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = f"[agentops] {message.title}", self.sender, self.address
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n".join(message.lines) + "\n")
        context = ssl.create_default_context()
        # By its short name: asking for the long one may take longer than all the rest.
        own_name = socket.gethostname()
        with (
            smtplib.SMTP_SSL(self.server, self.port, own_name, timeout=_TIMEOUT_S, context=context)
            if self.has_tls
            else smtplib.SMTP(self.server, self.port, own_name, timeout=_TIMEOUT_S)
        ) as server:
            server.ehlo()
            has_tls = self.has_tls
            if not has_tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                has_tls = True
            if self.user:
                if not has_tls:
                    raise OSError("it offers no TLS, so it is not given the password")
                server.login(self.user, self.password)
            server.send_message(mail)


def destinations_of(
    urls: Iterable[str] = (), addresses: Iterable[str] = (), smtp_url: str | None = None
) -> list[Destination]:
    """Return who is to be told, by what was named and what the environment says where nothing was.

    Args:
        urls: Hooks; ``AGENTOPS_ALERT_URL`` by default, with spaces between.
        addresses: Addresses of mail; ``AGENTOPS_ALERT_MAIL`` by default.
        smtp_url: ``smtp://user:password@host:587?from=address``, or ``smtps://``; ``AGENTOPS_SMTP_URL`` by default.

    Raises:
        ConfigurationError: One of them cannot be used.
    """
    urls = list(urls) or os.environ.get(URL_VARIABLE, "").split()
    addresses = list(addresses) or os.environ.get(MAIL_VARIABLE, "").split()
    smtp_url = smtp_url or os.environ.get(SMTP_VARIABLE, "")
    hooks: list[Destination] = [_hook(url) for url in dict.fromkeys(urls)]
    return hooks + [_mail(address, smtp_url) for address in dict.fromkeys(addresses)]


def _hook(url: str) -> Hook:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        # Reading the port finds one that is no number.
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return Hook(url)
    # The text may hold a secret that was mistyped; its beginning tells which one is meant.
    raise ConfigurationError(
        f"the alert URL {url[:12]!r}… cannot be used: it needs a scheme and a host, as in https://hooks.example.com/…"
    )


def _mail(address: str, smtp_url: str) -> Mail:
    name, sign, domain = address.rpartition("@")
    if not sign or not name or not domain or not address.isprintable() or set(address) & set(" ,;<>\"'"):
        raise ConfigurationError(f"{address[:80]!r} is no address of mail; one is ada@example.com")
    if not smtp_url:
        raise ConfigurationError(
            f"mail to {address} needs a server: set {SMTP_VARIABLE}=smtp://user:password@mail.example.com:587"
        )
    try:
        parts = urlsplit(smtp_url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError(smtp_url)
        port = parts.port or (465 if parts.scheme == "smtps" else 25 if not parts.username else 587)
    except ValueError as error:
        raise ConfigurationError(
            f"{SMTP_VARIABLE} cannot be used: it needs smtp:// or smtps:// and a host, as in "
            "smtp://user:password@mail.example.com:587"
        ) from error
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    given = parse_qs(parts.query).get("from", [user if "@" in user else f"agentops@{socket.gethostname()}"])[0]
    return Mail(address, parts.hostname, port, given, user, password, parts.scheme == "smtps")


def _recipient(address: str, label: str) -> Recipient:
    return Recipient(hashlib.sha256(address.encode()).hexdigest()[:32], label)


def _escaped(text: str) -> str:
    """Text that asks for nothing, as Slack reads it: ``<!channel>`` in a rule's name would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _leave_headers(request: "PreparedRequest") -> "PreparedRequest":
    """Keep requests from sending credentials of ``~/.netrc`` along."""
    return request
