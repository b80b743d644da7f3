"""``agentops plugins``, ``push`` and ``doctor``: what they print, as text and as JSON, and their exit codes."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import agentops
from agentops.cli import main
from agentops.plugins import plugins
from agentops.sdk.outbox import write_destination
from agentops.wire import encode_line, new_segment_name
from tests.endpoint import endpoint
from tests.spooled import run_program

PROGRAM = "import agentops\nagentops.init()\nagentops.start_session('one').end()"


def _refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def _strange_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three integrations: of a framework that is here, of one that is too old, and of one that is not."""

    def describe() -> list[agentops.Integration]:
        made = [("here", "pytest", "1"), ("old", "pytest", "999"), ("gone", "no-such-distribution", "1")]
        return [
            agentops.Integration(
                name=name,
                distribution=framework,
                minimum=minimum,
                trigger="zipapp",
                install=lambda recorder: lambda: None,
            )
            for name, framework, minimum in made
        ]

    monkeypatch.setattr(plugins, "entries", {})
    monkeypatch.setattr(plugins, "failures", {})
    monkeypatch.setattr(plugins, "_has_discovered", True)
    plugins.register(SimpleNamespace(agentops_integrations=agentops.hookimpl(describe)), "strange")
    yield
    plugins.manager.unregister(name="strange")


@pytest.mark.usefixtures("_strange_plugins")
def test_plugins_says_where_each_integration_stands_and_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting, too old, absent, blocked: as a table and as JSON."""
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["plugins"]) == 0
    *table, absent = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in table] == ["name", "here", "old"]
    assert re.split(r" {2,}", table[1])[1::3] == ["pytest", "ready"]
    assert table[1].endswith("ready    waits for `import zipapp`")
    assert table[2].endswith("is older than 999")
    assert absent == "framework not installed: gone"
    monkeypatch.setenv("AGENTOPS_DISABLED_PLUGINS", "here")
    assert main(["plugins", "--json"]) == 0
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)["plugins"]}
    assert (found["here"]["state"], found["here"]["reason"]) == ("blocked", "named in disabled_plugins")
    assert found["old"]["state"] == "too old"


@pytest.mark.usefixtures("_strange_plugins")
def test_plugins_reads_well_in_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pipe no line is longer, whatever is installed; what is too long goes on below where it began."""
    trigger = "a_module_whose_name.is_longer_than.what_a_line_has_room_for"
    long = agentops.Integration(
        name="long", distribution="pytest", trigger=trigger, install=lambda recorder: lambda: None
    )
    plugins.register(SimpleNamespace(agentops_integrations=agentops.hookimpl(lambda: [long])), "longer")
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["plugins"]) == 0
    plugins.manager.unregister(name="longer")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    first = next(index for index, line in enumerate(lines) if line.startswith("long"))
    assert lines[first + 1].strip()
    assert len(lines[first + 1]) - len(lines[first + 1].lstrip()) == lines[0].index("reason")


@pytest.mark.usefixtures("_strange_plugins")
def test_doctor_names_problems_and_the_line_that_mends_each(
    agentops_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A framework that is too old, an endpoint that is down, records that wait: each with a command."""
    url = _refused_port()
    run_program(PROGRAM, AGENTOPS_API_ENDPOINT=url)
    monkeypatch.setenv("AGENTOPS_API_ENDPOINT", url)
    monkeypatch.setenv("AGENTOPS_API_KEY", "very-secret")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "very-secret" not in out
    assert "PROBLEM old is not recorded" in out
    assert "-> pip install 'agentops[old]'" in out
    assert f"PROBLEM {url} cannot be reached" in out
    assert "-> agentops push" in out
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["settings"] == {"api_key": "(set)", "endpoint": url}
    assert report["home"] == str(agentops_home)
    [spool] = report["spool"]
    assert spool["url"] == url
    assert spool["segments"] == 1
    assert spool["waiting_bytes"] > 0
    assert spool["writers"] == 0
    assert {item["level"] for item in report["findings"]} == {"ok", "note", "problem"}


def test_doctor_finds_nothing_wrong_with_a_bare_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No endpoint, no framework, an empty home: everything is as it should be, and nobody is asked anything."""
    monkeypatch.setattr("agentops.diagnosis.describe_plugins", lambda config: [])
    monkeypatch.setattr(plugins, "failures", {})
    assert main(["doctor"]) == 0
    assert "no endpoint is set, so everything stays on this machine" in capsys.readouterr().out


def test_doctor_finds_a_second_tracer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that switches another recorder on is named, with the line that takes it out."""
    monkeypatch.setattr("agentops.diagnosis.installed_version", lambda name: "1")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    main(["doctor"])
    out = capsys.readouterr().out
    assert "langsmith traces the same calls, because LANGSMITH_TRACING is set" in out
    assert "-> unset LANGSMITH_TRACING" in out


def test_push_delivers_what_was_left_to_where_it_was_meant_to_go(
    agentops_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without any setting in the environment, two endpoints' records each reach their own."""
    with endpoint() as first, endpoint() as second:
        first.judge = second.judge = lambda _: (503, {}, b"")
        run_program(PROGRAM, AGENTOPS_API_ENDPOINT=first.url)
        run_program(PROGRAM, AGENTOPS_EXPORTER_ENDPOINT=second.url)
        assert main(["push"]) == 1
        assert "503" in capsys.readouterr().out
        first.judge = second.judge = lambda _: None
        assert main(["push", "--json"]) == 0
        results = json.loads(capsys.readouterr().out)["destinations"]
        assert {item["url"] for item in results} == {f"{first.url}/v1/traces", f"{second.url}/v1/traces"}
        assert all(item["delivered_bytes"] > 0 and item["waiting_bytes"] == 0 for item in results)
        assert [len(item.spooled.sessions) for item in (first, second)] == [1, 1]
        assert main(["push"]) == 0
        assert capsys.readouterr().out.count("0.0 kB delivered") == 2


def test_push_takes_a_key_only_to_its_own_endpoint(agentops_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of one server is never shown to another that happens to have records waiting."""
    with endpoint() as ours, endpoint() as other:
        for server in (ours, other):
            directory = agentops_home / "spool" / server.url.rpartition(":")[2]
            write_destination(directory, server.url, None)
            (directory / new_segment_name("dead")).write_bytes(encode_line("{}", "{}", ()))
        monkeypatch.setenv("AGENTOPS_API_KEY", "ours")
        monkeypatch.setenv("AGENTOPS_API_ENDPOINT", ours.url)
        assert main(["push"]) == 0
        assert (ours.logins, other.logins) == (["ours"], [])
        assert ours.received[0].headers["authorization"] == "Bearer ours"
        assert "authorization" not in other.received[0].headers


def test_push_offers_again_what_was_refused(agentops_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the endpoint has been mended, ``--rejected`` delivers what it did not take before."""
    with endpoint(judge=lambda _: (404, {}, b"")) as server:
        done = run_program(PROGRAM, AGENTOPS_API_ENDPOINT=server.url)
        assert "agentops push --rejected" in done.stderr
        server.judge = lambda _: None
        assert main(["push", "--rejected"]) == 0
        assert [root.name for root in server.spooled.sessions] == ["one"]


def test_push_names_what_it_was_asked_for_in_vain(capsys: pytest.CaptureFixture[str]) -> None:
    """An endpoint for which nothing waits is most likely misspelled."""
    assert main(["push", "--endpoint", "http://127.0.0.1:1"]) == 2
    assert "nothing waits for http://127.0.0.1:1; see what does: agentops doctor" in capsys.readouterr().err


@pytest.mark.parametrize(("destination", "fix"), [("local", "agentops sessions"), ("0123456789", "agentops push")])
def test_doctor_says_that_the_disk_budget_is_used_up(
    destination: str, fix: str, agentops_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that takes records away."""
    directory = agentops_home / "spool" / destination
    directory.mkdir(parents=True)
    (directory / new_segment_name("dead")).write_bytes(encode_line('{"attributes":[]}', '{"name":"x"}', ()) * 30_000)
    monkeypatch.setenv("AGENTOPS_DISK_BUDGET_BYTES", "1000000")
    main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [item["fix"] for item in findings if "fill the disk budget of 1 MB" in item["text"]] == [fix]
