"""HTTP to one endpoint: authentication, compression, and what each answer means for what was sent.

``requests`` is imported with the first request, in the delivery thread: it costs 150 ms.
"""

import email.utils
import gzip
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from agentops.sdk.address import without_login
from agentops.sdk.config import Config
from agentops.version import __version__
from agentops.wire import merge_lines
from agentops.wire.protobuf import encode_request

if TYPE_CHECKING:
    import requests

__all__ = ["Answer", "Outcome", "Transport"]

TIMEOUT_S: Final = 10.0
_RETRIED: Final = frozenset({408, 425, 429})
_LIMIT_RETRY_AFTER_S: Final = 3600.0


class Outcome:
    """What an answer means for a batch."""

    DELIVERED: Final = "delivered"
    LATER: Final = "later"
    """The endpoint cannot take it now, or refuses us: it stays where it is."""
    REFUSED: Final = "refused"
    """The endpoint will never take these bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request went."""

    outcome: str
    reason: str = ""
    retry_after_s: float | None = None
    """What the endpoint asked for."""
    rejected_spans: int = 0
    """Spans of a delivered batch that the endpoint says it did not keep."""


@dataclass(slots=True)
class Transport:
    """Sends to the endpoint of some settings. Used by one thread.

    With ``endpoint`` the receiver is an agentops server: JSON, open spans and ledgers included, authenticated by the
    token that ``POST {endpoint}/v3/auth/token`` gives for the API key. With ``exporter_endpoint`` it is any OTLP/HTTP
    receiver: ended spans, as JSON or, where that is refused, as protobuf.
    """

    config: Config
    compresses: bool | None = None
    """Whether bodies are gzipped; None: unless they stay on this machine, where it costs more than it saves."""
    _session: "requests.Session | None" = None
    _token: str | None = None
    _is_protobuf: bool = False
    _headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.compresses is None:
            host = urlsplit(self.url).hostname or ""
            self.compresses = host not in {"localhost", "::1"} and not host.startswith("127.")

    @property
    def url(self) -> str:
        """Where traces are posted. A URL without a path gets OTLP's own."""
        given = self.config.exporter_endpoint
        if given is None:
            return f"{self.config.endpoint}/v1/traces"
        return given if urlsplit(given).path not in {"", "/"} else f"{given}/v1/traces"

    @property
    def shown_url(self) -> str:
        """The same without the user and password that it may hold, for messages."""
        return without_login(self.url)

    @property
    def is_foreign(self) -> bool:
        """Whether the receiver may be other than an agentops server."""
        return self.config.exporter_endpoint is not None

    def send(self, lines: list[bytes], timeout_s: float = TIMEOUT_S) -> Answer:
        """Send whole lines as one request; up to three when a token is fetched anew or the encoding is refused."""
        import requests

        body = merge_lines(lines)
        try:
            response = self._post(body, timeout_s)
            if response.status_code in {401, 403} and self._token is not None:
                self._token = None
                response = self._post(body, timeout_s)
            if response.status_code in {400, 406, 415} and self.is_foreign and not self._is_protobuf:
                self._is_protobuf = True
                response = self._post(body, timeout_s)
                self._is_protobuf = response.ok
        except requests.RequestException as error:
            return Answer(
                Outcome.LATER, f"{self.shown_url} cannot be reached ({type(error).__name__}: {self._cause(error)})"
            )
        return _judge(self.shown_url, response)

    def get(self, path: str, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        """Read JSON from the server of ``endpoint``.

        Raises:
            OSError: The server cannot be reached, or refuses. (``requests``' exceptions are of this kind.)
        """
        if self._token is None:
            refusal = self._fetch_token(timeout_s)
            if refusal is not None:
                refusal.raise_for_status()
        response = self._requests().get(
            f"{self.config.endpoint}{path}",
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            timeout=timeout_s,
            auth=_leave_headers,
            allow_redirects=False,
        )
        response.raise_for_status()
        return _json(response)

    def authenticate(self) -> Answer:
        """Fetch the token before it is needed; for ``prefetch_jwt_token`` and ``agentops doctor``."""
        import requests

        server = without_login(self.config.endpoint or "")
        try:
            refusal = self._fetch_token(TIMEOUT_S)
        except requests.RequestException as error:
            return Answer(Outcome.LATER, f"{server} cannot be reached ({self._cause(error)})")
        return Answer(Outcome.DELIVERED) if refusal is None else _judge(server, refusal)

    def _cause(self, error: Exception) -> str:
        """Why something failed; some libraries repeat the URL that they could not use."""
        text = _inmost(error)
        login = urlsplit(self.url).netloc.rpartition("@")[0]
        return text.replace(f"{login}@", "") if login else text

    def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _post(self, body: bytes, timeout_s: float) -> "requests.Response":
        if self._token is None:
            refusal = self._fetch_token(timeout_s)
            if refusal is not None:
                return refusal
        data = encode_request(body) if self._is_protobuf else body
        headers = {
            "Content-Type": "application/x-protobuf" if self._is_protobuf else "application/json",
            **self._authorization(),
        }
        if self.compresses:
            # Level 1: half of the time of level 6 goes into the last tenth of the size.
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        return self._requests().post(
            self.url, data=data, headers=headers, timeout=timeout_s, auth=_leave_headers, allow_redirects=False
        )

    def _fetch_token(self, timeout_s: float) -> "requests.Response | None":
        """Exchange the API key for a token; returns the answer that says no, or None."""
        config = self.config
        if config.api_key is None or config.endpoint is None:
            return None
        response = self._requests().post(
            f"{config.endpoint}/v3/auth/token",
            json={"api_key": config.api_key},
            timeout=timeout_s,
            auth=_leave_headers,
            allow_redirects=False,
        )
        if response.status_code in {404, 405, 501}:
            self._token = config.api_key  # no exchange there: the key itself is the bearer token
            return None
        token = _json(response).get("token") if response.ok else None
        if not token:
            return response
        self._token = str(token)
        return None

    def _authorization(self) -> Mapping[str, str]:
        headers = dict(self.config.exporter_headers) if self.is_foreign else {}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _requests(self) -> "requests.Session":
        if self._session is None:
            import requests

            self._session = requests.Session()
            self._session.headers["User-Agent"] = f"agentops-python/{__version__}"
        return self._session


def _leave_headers(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Keep requests from putting credentials of ``~/.netrc`` in the place of ours."""
    return request


def _judge(url: str, response: "requests.Response") -> Answer:
    status = response.status_code
    if response.ok and status < 300:
        partial = _json(response).get("partialSuccess") or {}
        rejected = int(partial.get("rejectedSpans") or 0) if isinstance(partial, dict) else 0
        reason = str(partial.get("errorMessage", "")) if rejected else ""
        return Answer(Outcome.DELIVERED, reason, rejected_spans=rejected)
    text = " ".join(response.text[:200].split())
    reason = f"{url} answered {status} {response.reason or ''}".rstrip() + (f": {text}" if text else "")
    if status in {401, 403}:
        return Answer(Outcome.LATER, f"{reason}. Check AGENTOPS_API_KEY")
    if status in _RETRIED or status >= 500 or status < 400:
        return Answer(Outcome.LATER, reason, _retry_after(response.headers.get("Retry-After")))
    return Answer(Outcome.REFUSED, reason)


def _json(response: "requests.Response") -> dict[str, Any]:
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(value: str | None) -> float | None:
    """Read the header: seconds, or a date. None where it is absent or unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(0.0, seconds), _LIMIT_RETRY_AFTER_S)


def _inmost(error: BaseException) -> str:
    """Name the cause that requests wraps in layers: ``Connection refused`` rather than a pool's representation."""
    cause: BaseException = error
    for _ in range(8):
        candidates = (getattr(cause, "reason", None), *cause.args[:1], cause.__cause__)
        inner = next((item for item in candidates if isinstance(item, BaseException)), None)
        if inner is None:
            break
        cause = inner
    return str(getattr(cause, "strerror", None) or cause)
