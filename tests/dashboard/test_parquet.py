"""The list as a Parquet file."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from fastapi.testclient import TestClient

from agentops.cli import main
from agentops_dashboard.app import create_app
from agentops_dashboard.parquet import has_parquet, parquet_parts
from agentops_dashboard.store import SQLiteStore, store_path
from tests.dashboard.conftest import add_to

Make = Callable[..., list[tuple[str, list[bytes]]]]
NOT_HERE = "Parquet needs the package 'pyarrow', which is not installed; run: pip install 'agentops[parquet]'"


@pytest.fixture
def client(tmp_path: Path, make_sessions: Make) -> Iterator[TestClient]:
    """A dashboard over nine ended sessions and a running one; one is bookmarked and noted."""
    app = create_app(tmp_path, with_importer=False)
    made = [*make_sessions(9, spans=9, error_rate=0.3), *make_sessions(1, seed=2, spans=5, state="running")]
    for _, lines in made:
        add_to(app.state.store, lines)
    for name in ("bookmark", "note"):
        app.state.store.annotate("default", made[0][0], span_id="", name=name, value="=read this")
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    has_parquet.cache_clear()
    yield
    has_parquet.cache_clear()


def read(content: bytes) -> Any:
    """The table in a file."""
    return pyarrow.parquet.read_table(io.BytesIO(content))


def _whole_ns(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1e6)


def as_row(session: dict[str, Any]) -> dict[str, Any]:
    """The row that a session of the JSON export should be."""
    tokens, cost, counts = session["tokens"] or {}, session["cost"], session["counts"]
    start_ns, end_ns = session["start_ns"], session["end_ns"]
    same = (
        "id", "name", "state", "user", "environment", "service", "release", "host", "frameworks", "models", "tags",
        "bookmarked", "score", "note", "turns", "unpriced_calls", "complete", "missing", "first_input", "last_output",
        "parent_id",
    )  # fmt: skip
    counted = ("spans", "agents", "llm", "tools", "errors", "swallowed")
    times = ("llm_p50", "llm_p95", "first_token", "first_output")
    classes = ("input", "output", "cached", "cache_write", "reasoning", "total")
    return {
        **{name: session[name] for name in same},
        **{name: counts[name] for name in counted},
        **{f"{name}_tokens": tokens.get(name) for name in classes},
        "start_time": start_ns,
        "end_time": end_ns,
        "last_time": session["last_ns"],
        **{f"{name}_ns": _whole_ns(session[f"{name}_ms"]) for name in times},
        "duration_ns": None if end_ns is None else end_ns - start_ns,
        "waiting_ns": round(session["waiting_ms"] * 1e6),
        "metadata": json.dumps(session["metadata"], separators=(",", ":")) if session["metadata"] else None,
        "cost_nano_usd": round(cost["amount"] * 1e9) if cost else None,
        "cost_source": cost["source"] if cost else None,
    }


def test_a_parquet_file_has_the_rows_of_the_other_exports(client: TestClient) -> None:
    """Row for row and value for value those of JSON, in its order; and the figures of CSV."""
    asked = "/sessions/export?q=spans:>1&sort=-cost&format="
    table = read(client.get(asked + "parquet").content)
    in_json = client.get(asked + "json").json()["sessions"]
    for name in ("start_time", "end_time", "last_time"):
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pyarrow.int64()))
    rows = table.to_pylist()
    assert len(rows) == 10
    assert rows == [as_row(session) for session in in_json]
    for row, line in zip(rows, csv.DictReader(io.StringIO(client.get(asked + "csv").text)), strict=True):
        assert (row["id"], ", ".join(row["tags"]), str(row["complete"])) == (line["id"], line["tags"], line["complete"])
        assert (row["host"], ", ".join(row["models"])) == (line["host"], line["models"])
        for name in ("llm_p50", "llm_p95", "first_token", "first_output"):
            assert row[f"{name}_ns"] == (round(float(line[f"{name}_ms"]) * 1e6) if line[f"{name}_ms"] else None)
        assert line["cost_usd"] == ("" if row["cost_nano_usd"] is None else f"{row['cost_nano_usd'] / 1e9:.9f}")
        for name in ("total_tokens", "spans", "errors", "turns", "cached_tokens"):
            assert ("" if row[name] is None else str(row[name])) == line[name]
    assert {row["state"] for row in rows} >= {"success", "abandoned"}
    assert sum(row["llm_p95_ns"] is not None and row["first_output_ns"] > 0 for row in rows) > 5


def test_columns_have_types(client: TestClient) -> None:
    """Moments in UTC to the nanosecond, whole numbers of time and money, lists of tags."""
    answer = client.get("/sessions/export?format=parquet")
    assert answer.headers["content-disposition"] == 'attachment; filename="sessions.parquet"'
    table = read(answer.content)
    types = {field.name: str(field.type) for field in table.schema}
    assert types["start_time"] == types["end_time"] == types["last_time"] == "timestamp[ns, tz=UTC]"
    assert types["duration_ns"] == types["cost_nano_usd"] == types["llm_p50_ns"] == types["total_tokens"] == "int64"
    assert types["tags"] == types["frameworks"] == types["models"] == "list<element: string>"
    assert (types["bookmarked"], types["complete"], types["name"]) == ("bool", "bool", "string")
    newest = client.get("/api/v1/sessions?limit=1").json()["sessions"][0]
    start = table.column("start_time").cast(pyarrow.timestamp("us", "UTC"), safe=False)[0].as_py()
    assert start == datetime.fromisoformat(newest["start_time"].replace("Z", "+00:00"))


def test_a_large_file_is_written_group_by_group(client: TestClient) -> None:
    """After its first part is there, two thousand sessions have been asked for, and no more."""
    session = client.get("/sessions/export?format=json").json()["sessions"][0]
    asked = 0

    def many() -> Iterator[Any]:
        nonlocal asked
        for number in range(4_500):
            asked += 1
            yield {**session, "id": f"{number:032x}"}

    parts = parquet_parts(many())
    content = next(parts)
    assert asked == 2_000
    content += b"".join(parts)
    metadata = pyarrow.parquet.read_metadata(io.BytesIO(content))
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [2_000, 2_000, 500]
    assert read(content).column("id").to_pylist() == [f"{number:032x}" for number in range(4_500)]


def test_nothing_found_is_an_empty_table(client: TestClient) -> None:
    """With all of its columns."""
    table = read(client.get("/sessions/export?format=parquet&q=tag:nobody").content)
    row = as_row(client.get("/sessions/export?format=json").json()["sessions"][0])
    assert (table.num_rows, table.num_columns) == (0, len(row))


@pytest.mark.usefixtures("without_pyarrow")
def test_where_it_cannot_be_written_a_sentence_says_what_is_missing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page names the command in place of the link, address and command line answer with it, and no file is made."""
    page = client.get("/sessions").text
    assert "format=parquet" not in page
    assert page.count("pip install &#39;agentops[parquet]&#39;") == 2
    answer = client.get("/sessions/export?format=parquet")
    assert (answer.status_code, answer.text) == (501, NOT_HERE)
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    file = tmp_path / "x.parquet"
    assert main(["export", "--format", "parquet", "-o", str(file)]) == 2
    assert NOT_HERE in capsys.readouterr().err
    assert not file.exists()


def test_the_command_line_writes_it_too(
    tmp_path: Path, make_sessions: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All sessions that fit, the oldest first."""
    store = SQLiteStore(store_path(tmp_path))
    made = make_sessions(5, spans=4)
    for _, lines in made:
        add_to(store, lines)
    store.close()
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    file = tmp_path / "x.parquet"
    assert main(["export", "--format", "parquet", "-o", str(file)]) == 0
    assert capsys.readouterr().err == "5 sessions written.\n"
    assert read(file.read_bytes()).column("id").to_pylist() == [session_id for session_id, _ in made]
