"""Where a ClickHouse store is: ``clickhouse://user:password@host:8123/database?cluster=name``."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from agentops.errors import ConfigurationError

__all__ = ["Address", "parse_address"]

_EXAMPLE = "clickhouse://user:password@host:8123/agentops"
_PORTS = {False: 8123, True: 8443}


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a store's URL.

    Attributes:
        hosts: Name and HTTP port of each server. Of a cluster all are named, since each gets tables of its own; the
            first one is asked.
        user: Name to sign in with.
        password: May be empty.
        database: Is made if it is not there.
        cluster: Name of the cluster, as the servers' configuration has it.
        is_secure: Whether it is HTTPS.
    """

    hosts: tuple[tuple[str, int], ...]
    user: str
    password: str
    database: str
    cluster: str | None
    is_secure: bool

    @property
    def shown(self) -> str:
        """The URL without the password."""
        user = f"{self.user}@" if self.user != "default" else ""
        hosts = ",".join(f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name, port in self.hosts)
        cluster = f"?cluster={self.cluster}" if self.cluster else ""
        return f"clickhouse://{user}{hosts}/{self.database}{cluster}"


def parse_address(url: str) -> Address:
    """Read a URL.

    Raises:
        ConfigurationError: It cannot be understood. The message never repeats it: it may hold a password.
    """
    parts = urlsplit(url)
    if parts.scheme != "clickhouse":
        raise ConfigurationError(f"a store's URL begins with clickhouse://, for example {_EXAMPLE}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - {"cluster", "secure"})
    if unknown:
        raise ConfigurationError(f"the store's URL has no option {unknown[0]!r}; the options are cluster and secure.")
    secure = options.get("secure", "false").lower()
    if secure not in ("true", "false", "1", "0"):
        raise ConfigurationError(f"secure in the store's URL is true or false, not {secure!r}.")
    is_secure = secure in ("true", "1")
    login, _, servers = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    database = unquote(parts.path.strip("/")) or "agentops"
    for what, name in (("database", database), ("cluster", options.get("cluster", "x"))):
        if not name.replace("_", "").replace("-", "").isalnum():
            raise ConfigurationError(f"{name!r} in the store's URL is no name of a {what}: letters, digits, _ and -.")
    hosts = tuple(_host(server, _PORTS[is_secure]) for server in servers.split(","))
    if len(hosts) > 1 and not options.get("cluster"):
        raise ConfigurationError("the store's URL names several servers; add the cluster's name: ?cluster=name")
    return Address(hosts, unquote(user) or "default", unquote(password), database, options.get("cluster"), is_secure)


def _host(text: str, default_port: int) -> tuple[str, int]:
    name, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = text, str(default_port)
    name = name.removeprefix("[").removesuffix("]")
    if not name or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"the store's URL needs a host and an HTTP port, for example {_EXAMPLE}")
    return name, int(port)
