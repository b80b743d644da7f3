"""``agentops projects``, ``users``, ``keys`` and ``audit``."""

import io
import json

import pytest

from agentops.cli import main
from agentops_dashboard.accounts import Accounts, accounts_path
from tests.server.conftest import otlp


@pytest.fixture
def run(tmp_path, monkeypatch, capsysbinary):
    """Run a command, with what is typed into it; returns exit code, standard output and standard error."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")

    def start(*argv, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(list(argv))
        captured = capsysbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return start


@pytest.mark.parametrize("command", ["users", "keys", "projects"])
def test_a_command_alone_lists(run, command):
    """As ``agentops audit`` does: what there is comes before what can be done with it."""
    assert run(command) == run(command, "list")
    assert run(command)[0] == 0


def test_the_beginning_of_a_key_is_whole_in_a_narrow_terminal(run):
    """It is what ``agentops keys revoke`` is given."""
    secret = run("keys", "create", "the checkout service of the north", "--scope", "ingest", "--scope", "metrics")[1]
    assert f"{secret[:18]}… " in run("keys")[1]


def test_a_server_is_set_up_from_the_command_line(run, tmp_path):
    """Admin, project, member and key; the key's secret alone is on standard output, so it can be piped."""
    assert run("users", "create", "--admin", "ada@example.com", typed="correct horse\n")[:2] == (
        0, "User ada@example.com is made (admin).\n",
    )  # fmt: skip
    assert "agentops keys create NAME --project check-out" in run("projects", "create", "Check out")[1]
    run("users", "create", "grace", "--role", "check-out=viewer", typed="correct horse\n")
    code, out, err = run("keys", "create", "ci", "--project", "check-out", "--scope", "read", "--scope", "ingest")
    assert (code, len(out.splitlines())) == (0, 1)
    assert (
        err
        == "Keep it: it is shown once. It may send spans and logs, read sessions over the API, in project check-out.\n"
    )
    accounts = Accounts(accounts_path(tmp_path))
    assert accounts.keys.find(out.strip()).scopes == {"ingest", "read"}
    assert accounts.users.get("grace").roles == {"check-out": "viewer"}
    assert accounts.users.check("ada@example.com", "correct horse").is_admin
    accounts.close()


def test_lists_fit_80_columns_and_are_json_on_demand(run):
    """People get tables, programs get every field; no secret and no hash is in either."""
    run("users", "create", "--admin", "ada@example.com", typed="correct horse\n")
    secret = run("keys", "create", "a laptop", "--expires-days", "30")[1].strip()
    for command in (("users", "list"), ("projects", "list"), ("keys", "list"), ("audit",)):
        _, table, _ = run(*command)
        assert max(map(len, table.splitlines())) <= 80
        _, text, _ = run(*command, "--json")
        assert secret not in table + text
        assert "argon2" not in table + text
        ((name, records),) = json.loads(text).items()
        assert name == ("entries" if command == ("audit",) else command[0])
        assert len(records) == (2 if command == ("audit",) else 1)
    (key,) = json.loads(run("keys", "list", "--json")[1])["keys"]
    assert (key["name"], key["scopes"], key["state"], key["used_time"]) == ("a laptop", ["ingest"], "valid", None)


@pytest.mark.parametrize(
    ("argv", "typed", "says"),
    [
        (("users", "create", "ada"), "short\n", "a password needs 10 to 1000 characters, not 5."),
        (("users", "create", "a b"), "correct horse\n", "'a b' cannot be a user's name"),
        (("users", "create", "ada", "--role", "nope=viewer"), "correct horse\n", "there is no project 'nope'"),
        (("users", "create", "ada", "--role", "default"), "correct horse\n", "--role needs PROJECT=ROLE"),
        (("users", "remove", "nobody"), "", "there is no user 'nobody'. To list them, run: agentops users list"),
        (("keys", "revoke", "sk-agentops-nope"), "", "there is no key 'sk-agentops-nope'"),
        (("keys", "list", "--project", "nope"), "", "there is no project 'nope'; there are: default."),
        (("projects", "archive", "nope"), "", "there is no project 'nope'"),
    ],
)
def test_mistakes_are_said_and_change_nothing(run, argv, typed, says):
    """A sentence, exit code 2, and an empty record."""
    code, out, err = run(*argv, typed=typed)
    assert (code, out) == (2, "")
    assert err.startswith(f"agentops: {says}")
    assert json.loads(run("audit", "--json")[1]) == {"entries": []}


def test_the_data_commands_are_about_one_project(run, tmp_path):
    """What is imported into a project is listed, shown, repriced and exported from there, and from nowhere else."""
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(otlp(1, "shop") + b"\n")
    run("projects", "create", "Checkout")
    assert run("import", str(lines), "--project", "checkout")[:2] == (0, "2 spans read, 0 lines not understood.\n")
    assert json.loads(run("sessions", "--json")[1])["sessions"] == []
    (session,) = json.loads(run("sessions", "--json", "--project", "checkout")[1])["sessions"]
    assert "shop" in run("show", "last", "--project", "checkout")[1]
    assert run("show", session["id"])[0] == 2
    assert run("reprice", "--project", "checkout")[0] == 0
    assert run("export", "--project", "checkout")[2] == "1 session written.\n"
    assert run("export")[1:] == ("", "0 sessions written.\n")


def test_every_change_is_in_the_record_with_who_made_it(run):
    """In order, with the system's user."""
    run("users", "create", "--admin", "ada", typed="correct horse\n")
    run("users", "create", "grace", typed="correct horse\n")
    run("users", "set", "grace", "--role", "default=editor", "--admin")
    run("users", "set", "grace", "--role", "default=none", "--no-admin")
    run("users", "password", "grace", typed="another horse\n")
    run("users", "remove", "grace")
    run("projects", "rename", "default", "Main")
    run("projects", "archive", "default")
    run("projects", "restore", "default")
    secret = run("keys", "create", "ci")[1]
    run("keys", "revoke", secret[:18])
    entries = json.loads(run("audit", "--json")[1])["entries"]
    assert [(entry["action"], entry["target"]) for entry in reversed(entries)] == [
        ("user.created", "ada (admin)"), ("user.created", "grace"), ("user.role", "grace: editor"),
        ("user.role", "grace: admin"), ("user.role", "grace: none"), ("user.role", "grace: no admin"),
        ("user.password", "grace"), ("user.removed", "grace"), ("project.renamed", "Default → Main"),
        ("project.archived", "Main"), ("project.restored", "Main"),
        ("key.created", f"{secret[:18]} ci (ingest)"), ("key.revoked", f"{secret[:18]} ci"),
    ]  # fmt: skip
    assert {entry["actor"].endswith(" (command line)") for entry in entries} == {True}


def test_a_mistyped_project_is_refused_by_whoever_reads_and_imports(run, tmp_path):
    """It would look empty, and an import into it would be seen by nobody; one that is made is right at once."""
    (tmp_path / "x.jsonl").write_bytes(otlp(1, "ours"))
    run("projects", "create", "Checkout")
    for command in (("sessions",), ("show", "last"), ("export",), ("import", str(tmp_path / "x.jsonl")), ("reprice",)):
        code, _, err = run(*command, "--project", "chekout")
        assert code == 2
        assert "there is no project 'chekout'; there are checkout, default. To make one, run: agentops projects" in err
    assert run("import", str(tmp_path / "x.jsonl"), "--project", "checkout")[0] == 0
    assert "ours" in run("sessions", "--project", "checkout")[1]
