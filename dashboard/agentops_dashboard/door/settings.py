"""How a server with a login is run."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from agentops.errors import ConfigurationError

__all__ = ["ServerSettings"]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Settings of ``agentops serve --auth``.

    Attributes:
        public_url: Where browsers and programs reach the server, as in ``https://agentops.example.com``; None: at
            whatever name they use.
        key_rate: Requests per second that one API key may make for long; five times as many in a burst.
        address_rate: The same for one address without a key.
        metrics_open: Whether ``/metrics`` needs no key.

    Raises:
        ConfigurationError: The URL is none, or has a path.
    """

    public_url: str | None = None
    key_rate: float = 200.0
    address_rate: float = 100.0
    metrics_open: bool = False

    def __post_init__(self) -> None:
        if self.public_url is None:
            return
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ConfigurationError(
                f"--public-url {self.public_url!r} cannot be used: it needs a scheme and a name and no path, as in "
                "https://agentops.example.com"
            )

    @property
    def netloc(self) -> str | None:
        """Name and port of the public URL."""
        return urlsplit(self.public_url).netloc.lower() if self.public_url else None

    @property
    def is_https(self) -> bool:
        """Whether browsers come over TLS."""
        return self.public_url is not None and self.public_url.startswith("https:")
