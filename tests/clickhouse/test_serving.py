"""The dashboard and the commands on ClickHouse."""

import builtins
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from agentops.errors import MissingExtraError
from agentops.wire import merge_lines
from agentops_dashboard import commands
from agentops_dashboard.app import create_app
from agentops_dashboard.store import open_store
from tests.clickhouse.engine import Engine

Make = Callable[..., list[tuple[str, list[bytes]]]]


def test_the_dashboard_takes_and_shows_sessions(
    tmp_path: Path, new_url: Callable[[], str], make_sessions: Make
) -> None:
    """Posted, listed, shown, tagged, deleted: API and pages answer as on the embedded store."""
    url = new_url()
    ((session_id, lines), (other, more)) = make_sessions(2, spans=8)
    with TestClient(create_app(tmp_path, store_url=url), base_url="http://127.0.0.1") as client:
        for part in (lines, more):
            answer = client.post("/v1/traces", content=merge_lines(part), headers={"content-type": "application/json"})
            assert answer.status_code == 200
        found = client.get("/api/v1/sessions").json()
        assert {session["id"] for session in found["sessions"]} == {session_id, other}
        for page in ("/sessions", f"/sessions/{session_id}", "/analytics", "/settings"):
            assert client.get(page).status_code == 200, page
        assert url in client.get("/settings").text
        tagged = client.put(f"/api/v1/sessions/{session_id}/tags", json={"tags": ["golden"]})
        assert tagged.json()["tags"] == ["golden"]
        assert client.delete(f"/api/v1/sessions/{other}").json() == {"deleted": 1}
        health = client.get("/api/v1/health").json()
        assert (health["sessions"], health["rejected"], health["waiting_bytes"]) == (1, {}, 0)
        assert health["store_bytes"] > 0
        log = client.post("/v4/logs/upload/", content=b"printed", headers={"trace-id": session_id})
        assert log.json()["size"] == 7
        assert client.app.state.readers.of("default").logs(session_id) == "printed"  # type: ignore[attr-defined]


def test_a_server_that_goes_away_is_said_and_loses_nothing(tmp_path: Path, make_sessions: Make) -> None:
    """503 with Retry-After to who sends, a sentence to who looks; both go on when it is back."""
    engine = Engine(tmp_path / "engine")
    engine.start()
    ((session_id, lines),) = make_sessions(1, spans=5)
    body, headers = merge_lines(lines), {"content-type": "application/json"}
    app = create_app(tmp_path / "home", store_url=f"clickhouse://{engine.host}/gone")
    with TestClient(app, base_url="http://127.0.0.1") as client:
        engine.kill()
        answer = client.post("/v1/traces", content=body, headers=headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "send it again" in answer.json()["error"]["message"]
        looked = client.get("/api/v1/sessions")
        assert (looked.status_code, "does not answer" in looked.json()["error"]["message"]) == (503, True)
        engine.start()
        assert client.post("/v1/traces", content=body, headers=headers).status_code == 200
        assert [s["id"] for s in client.get("/api/v1/sessions").json()["sessions"]] == [session_id]
    engine.kill()


def test_commands_work_on_the_named_store(
    tmp_path: Path, new_url: Callable[[], str], make_sessions: Make,
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """``import``, ``sessions`` and ``export`` with ``--store``; the home directory gets no store of its own."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    url = new_url()
    ((session_id, lines),) = make_sessions(1, spans=8)
    (tmp_path / "in.jsonl").write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
    assert commands.import_(["--store", url, str(tmp_path / "in.jsonl")]) == 0
    capsysbinary.readouterr()
    assert commands.sessions(["--store", url, "--json"]) == 0
    assert [s["id"] for s in orjson.loads(capsysbinary.readouterr().out)["sessions"]] == [session_id]
    assert commands.export(["--store", url]) == 0
    assert session_id.encode() in capsysbinary.readouterr().out
    assert not (tmp_path / "agentops.sqlite").exists()


def test_a_missing_driver_is_said_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without clickhouse-connect the sentence names the extra."""
    for name in [name for name in sys.modules if name.startswith("agentops_dashboard.store.clickhouse")]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "clickhouse_connect":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'agentops\[clickhouse\]'"):
        open_store(tmp_path, "clickhouse://127.0.0.1/db")
