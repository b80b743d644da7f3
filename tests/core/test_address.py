"""User and password of an endpoint's URL stay where they were given."""

import json
from pathlib import Path

import pytest

from agentops.cli import main
from agentops.errors import ConfigurationError
from agentops.sdk.address import without_login
from agentops.sdk.assembly import destination
from agentops.sdk.config import Config, config_from_environment, updated
from agentops.sdk.links import session_url
from agentops.sdk.outbox import write_destination
from agentops.sdk.transport import Transport
from tests.endpoint import endpoint
from tests.spooled import run_program

SECRET = "hunter2"
PROGRAM = "import agentops\nagentops.init(max_wait_time=200)\nagentops.start_session('one').end()"


def with_login(url: str) -> str:
    return url.replace("://", f"://ada:{SECRET}@")


@pytest.mark.parametrize(("text", "shown"), [
    ("https://ada:pass@host:1/v1?x=a@b", "https://host:1/v1?x=a@b"),
    ("https://token@host", "https://host"),
    ("https://ada:p@ss@host/", "https://host/"),
    ("ada:pass@host", "host"),
    ("https://host/@scope/x", "https://host/@scope/x"),
    ("http://[::1]:8632", "http://[::1]:8632"),
])  # fmt: skip
def test_a_url_without_its_login(text: str, shown: str) -> None:
    """Whatever stands before the host goes, and nothing else."""
    assert without_login(text) == shown


@pytest.mark.parametrize("setting", ["AGENTOPS_API_ENDPOINT", "AGENTOPS_EXPORTER_ENDPOINT"])
@pytest.mark.parametrize("status", [503, 404, None])
def test_no_file_and_no_message_holds_a_login(
    agentops_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    setting: str, status: int | None,
) -> None:  # fmt: skip
    """Of an endpoint that refuses, is busy or is gone: the program's log, the spool's note, ``push`` and ``doctor``."""
    with endpoint(judge=lambda _: (status or 200, {}, b"")) as server:
        url = server.url if status else "http://127.0.0.1:1"
        done = run_program(PROGRAM, **{setting: with_login(url)})
        monkeypatch.setenv(setting, with_login(url))
        for command in (["push"], ["push", "--json"], ["doctor"], ["doctor", "--json"]):
            main(command)
    said = capsys.readouterr()
    written = "".join(path.read_text("utf-8", "replace") for path in agentops_home.rglob("*") if path.is_file())
    for text in (done.stdout, done.stderr, said.out, said.err, written):
        assert SECRET not in text
    assert "agentops: " in done.stderr
    assert url in said.out


def test_a_note_of_before_loses_its_login(agentops_home: Path) -> None:
    """The next program that records for the endpoint writes it anew."""
    directory = agentops_home / "spool" / "0123"
    directory.mkdir(parents=True)
    note = directory / "destination.json"
    note.write_text(json.dumps({"endpoint": with_login("http://127.0.0.1:1"), "exporter_endpoint": None}))
    write_destination(directory, with_login("http://127.0.0.1:1"), None)
    assert json.loads(note.read_bytes()) == {"endpoint": "http://127.0.0.1:1", "exporter_endpoint": None}


def test_push_knows_an_endpoint_by_its_url_with_the_login(
    agentops_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is found, and gets the key that goes with it, though the note has no login."""
    with endpoint(judge=lambda _: (503, {}, b"")) as server:
        run_program(PROGRAM, AGENTOPS_API_ENDPOINT=with_login(server.url), AGENTOPS_API_KEY="ours")
        server.judge = lambda _: None
        monkeypatch.setenv("AGENTOPS_API_ENDPOINT", with_login(server.url))
        monkeypatch.setenv("AGENTOPS_API_KEY", "ours")
        assert main(["push", "--endpoint", with_login(server.url)]) == 0
        assert server.taken[-1].headers["authorization"] == "Bearer ours"
    assert SECRET not in capsys.readouterr().out


def test_other_messages_hold_no_login_either() -> None:
    """A URL that cannot be used, one that cannot be parsed, and the address of a session's page."""
    with pytest.raises(ConfigurationError) as caught:
        updated(Config(), {"endpoint": f"ada:{SECRET}@host"})
    assert SECRET not in str(caught.value)
    broken = Transport(updated(Config(), {"endpoint": f"http://ada:{SECRET}@host:99999999"}))
    assert SECRET not in broken.send([]).reason
    for name in ("endpoint", "app_url"):
        found = session_url(updated(Config(), {name: with_login("http://host")}), "ab")
        assert found == "http://host/sessions/ab"


def test_records_for_other_headers_wait_apart() -> None:
    """The headers say whose the records are: with others, they are not this program's to deliver."""
    to = {"exporter_endpoint": "http://host"}
    plain = destination(updated(Config(), to))
    mine = destination(updated(Config(), to | {"exporter_headers": "authorization=mine,x-project=1"}))
    theirs = destination(updated(Config(), to | {"exporter_headers": "authorization=theirs,x-project=1"}))
    same = destination(updated(Config(), to | {"exporter_headers": "X-Project=1,Authorization=mine"}))
    assert len({plain, mine, theirs}) == 3
    assert same == mine


def test_headers_that_cannot_be_used_are_not_shown() -> None:
    """They are most likely a credential whose form is wrong."""
    for read in (config_from_environment, lambda given: updated(Config(), given)):
        name = "AGENTOPS_EXPORTER_HEADERS" if read is config_from_environment else "exporter_headers"
        with pytest.raises(ConfigurationError, match=r"\(not shown\) cannot be used") as caught:
            read({name: SECRET})
        assert SECRET not in str(caught.value)
