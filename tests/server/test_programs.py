"""Real programs against a real server with a login, each in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from agentops_dashboard.accounts import Accounts, accounts_path
from tests.server.conftest import PASSWORD, SETUP

PROGRAM = """
import agentops
from agentops.sdk.decorators import agent, session, tool

@tool(name="search")
def search(question):
    return {"found": question}

@agent(name="planner")
class Planner:
    def plan(self, question):
        return search(question)

@session(name="checkout", tags=["prod"])
def checkout(question):
    return Planner().plan(question)

agentops.init(auto_start_session=False)
checkout("order 4711")
print(agentops.flush(timeout_s=20, delivered=True))
"""

LISTENER = """
import logging, sys, threading
refused = threading.Event()

class Listener(logging.Handler):
    def emit(self, record):
        if "answered 403" in record.getMessage():
            print(record.getMessage(), file=sys.stderr)
            refused.set()

logging.getLogger("agentops").addHandler(Listener())
"""
UNTIL_REFUSED = LISTENER + PROGRAM.replace("agentops.flush(timeout_s=20, delivered=True)", "refused.wait(60)")


def command(*argv):
    """How to run the command line in a process of its own."""
    return [sys.executable, "-c", f"from agentops.cli import main; raise SystemExit(main({list(argv)!r}))"]


@pytest.fixture
def accounts(tmp_path):
    """The accounts of a server, with an admin."""
    accounts = Accounts(accounts_path(tmp_path / "server"))
    accounts.users.create(SETUP, "ada", PASSWORD, is_admin=True)
    yield accounts
    accounts.close()


@pytest.fixture
def url(tmp_path, accounts):
    """The address of ``agentops serve --auth``."""
    process = subprocess.Popen(
        command("serve", "--auth", "--port", "0"), stdout=subprocess.PIPE, text=True,
        env=os.environ | {"AGENTOPS_HOME": str(tmp_path / "server")},
    )  # fmt: skip
    yield re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline()).group()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    process.stdout.close()


def run(tmp_path, url, key, *argv):
    """Run a program, or a command, that is to send to the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTOPS_", "OTEL_"))}
    env = kept | {
        "AGENTOPS_HOME": str(tmp_path / "program"), "AGENTOPS_API_ENDPOINT": url, "AGENTOPS_API_KEY": key,
        "AGENTOPS_EXPORT_FLUSH_INTERVAL": "50",
    }  # fmt: skip
    return subprocess.run(argv, capture_output=True, text=True, env=env, check=False, timeout=60)


def get(url, path, key):
    """Read from the server with a key."""
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_program_with_a_key_records_into_the_keys_project(tmp_path, url, accounts):
    """The whole session arrives there and nowhere else; a key that only ingests reads nothing."""
    accounts.projects.create(SETUP, "Checkout")
    ingest = accounts.keys.create(SETUP, "checkout", "program", ["ingest"])[1]
    read = accounts.keys.create(SETUP, "checkout", "reader", ["read"])[1]
    elsewhere = accounts.keys.create(SETUP, "default", "reader", ["read"])[1]
    done = run(tmp_path, url, ingest, sys.executable, "-c", PROGRAM)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["True"]), done.stderr
    (session,) = get(url, "/api/v1/sessions", read)["sessions"]
    assert (session["name"], session["state"], session["tags"]) == ("checkout", "success", ["prod"])
    assert (session["complete"], session["missing"]) == (True, 0)
    spans = get(url, f"/api/v1/sessions/{session['id']}/spans", read)["spans"]
    assert [(span["kind"], span["tool"] or span["agent"]) for span in spans][-1] == ("tool", "search")
    assert get(url, "/api/v1/sessions", elsewhere)["sessions"] == []
    assert accounts.keys.find(ingest).used_ns is not None
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(url, "/api/v1/sessions", ingest)


def test_what_a_wrong_key_could_not_send_is_kept_and_sent_with_the_right_one(tmp_path, url, accounts):
    """The program goes on and says which setting to check; ``agentops push`` delivers it later."""
    wrong = run(tmp_path, url, "sk-agentops-wrong", sys.executable, "-c", UNTIL_REFUSED)
    assert (wrong.returncode, wrong.stdout.splitlines()[-1:]) == (0, ["True"])
    assert "Check AGENTOPS_API_KEY" in wrong.stderr
    key = accounts.keys.create(SETUP, "default", "program", ["ingest", "read"])[1]
    pushed = run(tmp_path, url, key, *command("push"))
    assert pushed.returncode == 0, pushed.stderr
    assert [session["name"] for session in get(url, "/api/v1/sessions", key)["sessions"]] == ["checkout"]


def test_a_server_that_nobody_could_sign_in_to_does_not_start(tmp_path):
    """It says how the first user is made."""
    env = os.environ | {"AGENTOPS_HOME": str(tmp_path)}
    done = subprocess.run(
        command("serve", "--auth", "--port", "0"), capture_output=True, text=True, env=env, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "agentops: nobody could sign in yet. Make the first user: agentops users create --admin NAME\n"
    )


@pytest.mark.parametrize("option", [["--host", "0.0.0.0"], ["--public-url", "https://x.example"], ["--metrics-open"]])
def test_a_dashboard_without_a_login_stays_on_this_machine(tmp_path, option):
    """Each option of a server is refused without --auth."""
    env = os.environ | {"AGENTOPS_HOME": str(tmp_path)}
    done = subprocess.run(command("serve", *option), capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option[0]} needs --auth" in done.stderr
