"""The command line on a spool that programs left behind."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from agentops.cli import main
from agentops.wire import new_segment_name
from agentops_dashboard import commands


@pytest.fixture
def home(tmp_path, monkeypatch, make_sessions):
    """A home directory with three sessions in its spool, as a program that ended leaves them."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    spool = tmp_path / "spool" / "local"
    spool.mkdir(parents=True)
    lines = [line for _, session in make_sessions(3, spans=14, error_rate=0.3) for line in session]
    (spool / new_segment_name("a" * 32)).write_bytes(b"".join(lines))
    return tmp_path


def run(capsysbinary, *argv):
    """Run a command; returns exit code, standard output and standard error."""
    code = main(list(argv))
    captured = capsysbinary.readouterr()
    return code, captured.out.decode(), captured.err.decode()


def test_sessions_prints_the_fixed_json_shape(home, capsysbinary):
    """What programs read: sessions with every fixed key, and the cursor to go on."""
    code, out, _ = run(capsysbinary, "sessions", "--json", "--limit", "2")
    document = json.loads(out)
    assert (code, len(document["sessions"]), set(document)) == (0, 2, {"sessions", "next_cursor"})
    fixed = {"id", "name", "state", "start_time", "end_time", "duration_ms", "tags", "metadata", "user", "counts",
             "tokens", "cost", "complete", "missing"}  # fmt: skip
    assert fixed <= set(document["sessions"][0])
    _, out, _ = run(capsysbinary, "sessions", "--json", "--cursor", document["next_cursor"])
    assert len(json.loads(out)["sessions"]) == 1


def test_show_prints_the_fixed_json_shape(home, capsysbinary):
    """A session and its spans, in tree order."""
    code, out, _ = run(capsysbinary, "show", "last", "--json")
    document = json.loads(out)
    fixed = {"id", "parent_id", "session_id", "kind", "name", "status", "start_ns", "end_ns", "agent", "tool", "model",
             "tokens", "cost", "input", "output", "error", "attributes"}  # fmt: skip
    assert code == 0
    assert len(document["spans"]) == document["session"]["counts"]["spans"]
    assert fixed <= set(document["spans"][0])


def test_the_list_fits_eighty_columns_and_names_states_in_words(home, capsysbinary):
    """In a pipe: no colour codes, no line longer than 80, states as words."""
    code, out, _ = run(capsysbinary, "sessions")
    assert code == 0
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 80
    assert "\x1b" not in out
    assert re.search(r"(✓ success|✗ error)", out)


def test_the_tree_fits_eighty_columns_and_shows_where_errors_began(home, capsysbinary):
    """Each span is a line with kind, name and duration; the message stands below the span that failed first."""
    _, out, _ = run(capsysbinary, "sessions", "--json", "errors:>0")
    session = json.loads(out)["sessions"][0]
    code, out, _ = run(capsysbinary, "show", session["id"][-8:])
    lines = out.splitlines()
    assert code == 0
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert sum(bool(re.search(r"[├└] \w+ ", line)) for line in lines) == session["counts"]["spans"] - 1
    assert sum(bool(re.match(r"^[ │]+\w+Error: ", line)) for line in lines) == session["counts"]["errors"]


def test_a_failed_session_says_where_before_its_tree(home, capsysbinary, make_sessions):
    """Also where the tree is longer than the screen; long names leave room for the marks, no line ends in spaces."""
    ((session_id, lines),) = make_sessions(1, seed=4, spans=14, error_rate=1.0, state="error")
    long = b"".join(lines).replace(b"execute_tool ", b"execute_tool " + b"very_" * 20)
    long = re.sub(rb'("gen_ai.tool.name","value":{"stringValue":")', rb"\1" + b"very_" * 20, long)
    (home / "spool" / "local" / new_segment_name("b" * 32)).write_bytes(long)
    code, out, _ = run(capsysbinary, "show", session_id)
    head, _, tree = out.partition("\n\n")
    failed = [line for line in head.splitlines() if line.startswith("Failed in ")]
    assert code == 0
    assert len(failed) == 1
    assert len(failed[0]) <= 80
    assert not [line for line in tree.splitlines() if line.endswith(" ")]
    tools = [line for line in tree.splitlines() if "tool very_" in line]
    assert any(" ✗" in line for line in tools)


def test_a_killed_program_leaves_nothing_running(home, capsysbinary, make_sessions):
    """What was still open never ended, and the head says what it was at."""
    ((session_id, lines),) = make_sessions(1, seed=6, spans=14, state="running")
    (home / "spool" / "local" / new_segment_name("c" * 32)).write_bytes(b"".join(lines))
    _, out, _ = run(capsysbinary, "show", session_id)
    assert "☠ abandoned" in out
    assert re.search(r"^It was at \w+ .+ when it stopped\.$", out, re.MULTILINE)
    assert "no end" in out
    assert "running" not in out


def test_text_from_programs_cannot_steer_the_terminal(tmp_path, monkeypatch, capsysbinary, make_sessions):
    """Escape sequences in names and inputs are shown, not sent."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    spool = tmp_path / "spool" / "local"
    spool.mkdir(parents=True)
    ((_, lines),) = make_sessions(1, spans=5)
    evil = b"".join(lines).replace(b'"name":"', b'"name":"\\u001b[2J\\u202e')
    (spool / new_segment_name("a" * 32)).write_bytes(
        evil.replace(b'"name":"\\u001b[2J\\u202eagentops', b'"name":"agentops')
    )
    for argv in (["sessions"], ["show", "last"]):
        _, out, _ = run(capsysbinary, *argv)
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "⟨U+001B⟩" in out


def test_negated_terms_are_no_options(home, capsysbinary):
    """``-status:error`` reaches the query."""
    counts = [
        len(json.loads(run(capsysbinary, "sessions", "--json", query)[1])["sessions"])
        for query in ("status:error", "-status:error")
    ]
    assert sum(counts) == 3


def test_mistakes_are_answered_with_a_sentence_that_helps(home, capsysbinary, tmp_path):
    """Wrong queries are underlined; unknown ids and empty homes name the next command."""
    code, _, err = run(capsysbinary, "sessions", "tag:a", "toool:x")
    assert code == 2
    assert err.endswith("Did you mean 'tool'?\n  tag:a toool:x\n        ^^^^^\n")
    for option, value, message in (
        ("--sort", "nope", "cannot be sorted by 'nope'"),
        ("--cursor", "x", "'x' is no cursor"),
    ):
        code, _, err = run(capsysbinary, "sessions", "tag:a", option, value)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    with pytest.raises(SystemExit):
        run(capsysbinary, "sessions", "--limit", "many")
    assert "argument --limit: 'many' is no whole number from 1 on" in capsysbinary.readouterr().err.decode()
    code, out, _ = run(capsysbinary, "sessions", "--project", "none")
    assert (code, out) == (0, f"Nothing is recorded yet in the project 'none' of {home / 'agentops.sqlite'}.\n")
    code, _, err = run(capsysbinary, "show", "nope")
    assert (code, err) == (2, "agentops: there is no session 'nope'. To list them, run: agentops sessions\n")
    os.environ["AGENTOPS_HOME"] = str(tmp_path / "empty")
    assert "agentops demo" in run(capsysbinary, "sessions")[1]
    assert "agentops demo" in run(capsysbinary, "show", "last")[2]


def test_export_and_import_move_everything_once(home, capsysbinary, monkeypatch, tmp_path):
    """What was exported and read twice into an empty store is shown the same, ids, costs and payloads included."""
    whole = {}
    file = tmp_path / "sessions.jsonl"
    for name in ("first", "second"):
        if name == "second":
            assert run(capsysbinary, "export", "-o", str(file))[0] == 0
            monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path / "other"))
            assert run(capsysbinary, "import", str(file), str(file))[0] == 0
        ids = [session["id"] for session in json.loads(run(capsysbinary, "sessions", "--json")[1])["sessions"]]
        whole[name] = [json.loads(run(capsysbinary, "show", session_id, "--json")[1]) for session_id in ids]
    assert whole["first"] == whole["second"]
    assert len(whole["first"]) == 3


def test_an_export_that_cannot_be_made_leaves_the_file_as_it_was(home, capsysbinary, tmp_path):
    """A mistyped query is said before the file of the last export is opened."""
    file = tmp_path / "sessions.jsonl"
    file.write_bytes(b"the last one")
    code, out, err = run(capsysbinary, "export", "stats:error", "-o", str(file))
    assert (code, out) == (2, "")
    assert "stats" in err
    assert file.read_bytes() == b"the last one"


def test_import_says_what_it_did_not_understand(home, capsysbinary, tmp_path):
    """Broken lines are counted, the others are taken, and the exit code tells."""
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"garbage\n\n{}\n")
    code, out, _ = run(capsysbinary, "import", str(file))
    assert (code, out) == (1, "0 spans read, 2 lines not understood.\n")


def test_reprice_shows_and_applies_the_difference(home, capsysbinary):
    """A dry run changes nothing; then totals follow an own price table; reported costs would stay."""
    before = json.loads(run(capsysbinary, "sessions", "--json")[1])["sessions"]
    (home / "prices.json").write_text('{"house-7b": {"input": 1000, "output": 1000}}')
    dry = json.loads(run(capsysbinary, "reprice", "--dry-run", "--json")[1])
    assert json.loads(run(capsysbinary, "sessions", "--json")[1])["sessions"] == before
    done = json.loads(run(capsysbinary, "reprice", "--json")[1])
    assert done == dry
    assert done["changed"] > 0
    after = json.loads(run(capsysbinary, "sessions", "--json")[1])["sessions"]
    total = sum(round(session["cost"]["amount"] * 1e9) for session in after)
    assert total == done["after_nano"] > done["before_nano"]
    assert sum(session["unpriced_calls"] for session in after) == 0


def _serve(home, *argv):
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from agentops.cli import main; sys.exit(main())", "serve", *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"AGENTOPS_HOME": str(home)}, text=True,
    )  # fmt: skip
    line = process.stdout.readline()
    match = re.search(r"http://127\.0\.0\.1:\d+", line)
    return process, match.group() if match else line


def test_serve_prints_its_address_leaves_it_for_programs_and_takes_it_back(home):
    """``--port 0`` picks a port; ``serve.json`` names it while the server runs; a live spool is findable at once."""
    process, url = _serve(home, "--port", "0")
    try:
        left = json.loads((home / "serve.json").read_text())
        assert left == {"url": url, "pid": process.pid}
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{url}/api/v1/sessions") as answer:
                total = json.load(answer)["total"]
            if total == 3:
                break
            time.sleep(0.05)
        assert total == 3
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert not (home / "serve.json").exists()
    assert "Traceback" not in err


def test_a_port_in_use_is_answered_with_the_command_that_helps(home, capsysbinary):
    """The sentence names the port and what to run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = run(capsysbinary, "serve", "--port", str(port))
        assert code == 2
        assert err.startswith(f"agentops: port {port} cannot be used")
        assert "agentops serve --port 0" in err
        (home / "serve.json").write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": 7}))
        assert f"already served at http://127.0.0.1:{port}" in run(capsysbinary, "serve", "--port", str(port))[2]


def test_the_commands_are_those_that_the_distribution_names():
    """Each entry point of the distribution exists here."""
    assert set(commands.__all__) == {"demo", "export", "import_", "reprice", "serve", "sessions", "show"}
    assert isinstance(sys.stdout, io.TextIOBase)
