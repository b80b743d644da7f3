"""A server with a login, two projects with a session each, users of every role, and a key of every scope."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from agentops_dashboard.accounts import Accounts, Actor, passwords
from agentops_dashboard.alerts import draft_of
from agentops_dashboard.app import create_app
from agentops_dashboard.door.settings import ServerSettings

PASSWORD = "correct horse"
SETUP = Actor("setup")
OURS, THEIRS = "default", "other"
SECRET_TEXT = "PRIVATE-4711"
"""In every text of the other project's session, and the name of its alert."""

URL = "http://127.0.0.1"


def otlp(number: int, text: str) -> bytes:
    """One OTLP request: a session of two spans with this text in all that it says."""
    trace_id = f"{number:032x}"
    texts = {"agentops.session.name": text, "input.value": text, "output.value": text, "user.id": text}
    spans = [
        {
            "traceId": trace_id, "spanId": f"{number * 16 + place:016x}", "name": f"{text} {place}", "kind": 1,
            "startTimeUnixNano": str(1_760_000_000_000_000_000 + place),
            "endTimeUnixNano": str(1_760_000_001_000_000_000),
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in texts.items()],
            "status": {"code": 1}, **({"parentSpanId": f"{number * 16:016x}"} if place else {}),
        }
        for place in range(2)
    ]  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]}).encode()


@dataclass
class Server:
    """An application with a login, and the ways in."""

    client: TestClient
    accounts: Accounts
    keys: dict[str, str] = field(default_factory=dict)
    """By scope, all of our project; ``theirs`` has every scope of the other one."""
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, key: str = "", user: str = "", csrf: bool = True, **more: Any) -> Any:
        """Make a request with a key, or as a user whose browser sends its token along."""
        headers = dict(more.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        if user:
            headers["Cookie"] = f"agentops_login={self.cookies[user]}"
            if csrf:
                from agentops_dashboard.door.cookies import csrf_token

                headers["X-CSRF-Token"] = csrf_token(self.cookies[user])
        self.client.cookies.clear()
        return self.client.request(method, path, headers=headers, follow_redirects=False, **more)

    def send(self, number: int, text: str, key: str = "ingest") -> Any:
        """Send a session."""
        return self.ask(
            "POST", "/v1/traces", key=key, content=otlp(number, text), headers={"Content-Type": "application/json"}
        )


def make_server(home: Path, settings: ServerSettings, store_url: str | None = None) -> Iterator[Server]:
    """Run an application over a home directory, and a store elsewhere if one is named.

    Its passwords are hashed in a moment: a filled server takes ten hashes, of which each takes a fifth of a second.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(home, store_url=store_url, with_importer=False, server=settings)
        with TestClient(app, base_url=URL) as client:
            yield Server(client, app.state.accounts)


def fill(server: Server) -> None:
    """Make users, keys and a session in each project: number 1 is ours, number 2 theirs."""
    accounts = server.accounts
    accounts.projects.create(SETUP, "Other", THEIRS)
    accounts.users.create(SETUP, "admin", PASSWORD, is_admin=True)
    for name, project, role in (
        ("viewer", OURS, "viewer"), ("editor", OURS, "editor"), ("stranger", THEIRS, "editor"), ("nobody", OURS, ""),
    ):  # fmt: skip
        accounts.users.create(SETUP, name, PASSWORD)
        accounts.users.set_role(SETUP, name, project, role)
    for name in ("admin", "viewer", "editor", "stranger", "nobody"):
        server.cookies[name] = accounts.logins.sign_in(name, PASSWORD, "") or ""
    for scope in ("ingest", "read", "edit", "metrics"):
        server.keys[scope] = accounts.keys.create(SETUP, OURS, scope, [scope])[1]
    scopes = ["ingest", "read", "edit", "metrics"]
    server.keys["ours"] = accounts.keys.create(SETUP, OURS, "ours", scopes)[1]
    server.keys["theirs"] = accounts.keys.create(SETUP, THEIRS, "theirs", scopes)[1]
    failing = {"name": SECRET_TEXT, "measure": "failed", "threshold": "10%"}
    server.client.app.state.alerts.add(THEIRS, draft_of(failing), "stranger")
    assert server.send(1, "ours", "ours").status_code == 200
    assert server.send(2, SECRET_TEXT, "theirs").status_code == 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A filled server that a module's tests share; they leave it as it is."""
    # Without limits: the tests come from one address and make more requests than anybody would.
    for made in make_server(tmp_path_factory.mktemp("home"), ServerSettings(key_rate=1e6, address_rate=1e6)):
        fill(made)
        yield made


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A filled server of the test's own."""
    for made in make_server(tmp_path, ServerSettings(key_rate=1e6, address_rate=1e6)):
        fill(made)
        yield made
