"""A real server in a process of its own: killed while it takes spans, and watched live."""

import asyncio
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentops.wire import merge_lines
from agentops_dashboard.reader import Reader
from agentops_dashboard.server import LOOPBACK_HOST, _listen
from agentops_dashboard.store import SQLiteStore, store_path
from tests.dashboard.conftest import add_to


@pytest.fixture
def server(tmp_path):
    """Start ``agentops serve`` on an empty home; gives the process and its address."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", "from agentops.cli import main; main(['serve', '--port', '0'])"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"AGENTOPS_HOME": str(tmp_path)},
        )  # fmt: skip
        started.append(process)
        return process, re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline()).group()

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def post(url, body):
    request = urllib.request.Request(f"{url}/v1/traces", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return answer.status


def sessions_that_add_up(reader):
    """Return all sessions by id, each of which says of its spans what is there."""
    found = {session["id"]: session for session in reader.sessions(limit=100)["sessions"]}
    for session_id, session in found.items():
        spans = reader.spans(session_id)
        assert session["counts"]["spans"] == len(spans)
        assert (session["tokens"]["total"] or 0) == sum(span["tokens"]["total"] for span in spans if span["tokens"])
    return found


def test_what_was_acknowledged_survives_a_kill(server, tmp_path, make_sessions):
    """Killed without warning between two answers: every acknowledged batch is there, sums right, restart clean."""
    process, url = server()
    made = make_sessions(60, spans=20)
    acknowledged = []

    def send():
        for session_id, lines in made:
            try:
                if post(url, merge_lines(lines)) == 200:
                    acknowledged.append(session_id)
            except OSError:
                return
            if len(acknowledged) == 15:
                process.send_signal(signal.SIGKILL)

    sender = threading.Thread(target=send)
    sender.start()
    sender.join(60)
    process.wait()
    assert 15 <= len(acknowledged) < 60
    store = SQLiteStore(store_path(tmp_path))
    reader = Reader(store.engine())
    found = sessions_that_add_up(reader)
    assert set(acknowledged) <= set(found)
    assert all(session["complete"] for session in found.values())
    with store.transaction() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
    store.close()
    _, again = server()
    with urllib.request.urlopen(f"{again}/healthz") as answer:
        assert json.load(answer)["status"] == "ok"


def test_killed_in_the_middle_of_work_it_keeps_what_it_acknowledged(server, tmp_path, make_sessions):
    """Three senders, killed at three moments of chance: nothing acknowledged is lost, and what is half there says so.

    Sent again, everything is there once.
    """
    made = make_sessions(90, spans=12)
    bodies = [(session_id, [merge_lines([line]) for line in lines]) for session_id, lines in made]
    acknowledged = set()
    for place in range(3):
        process, url = server()
        begun = threading.Event()

        def send(session_id, parts, url=url, begun=begun):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if all(post(url, part) == 200 for part in parts):
                    acknowledged.add(session_id)
                    begun.set()

        with ThreadPoolExecutor(3) as pool:
            futures = [pool.submit(send, *item) for item in bodies[place * 30 : place * 30 + 30]]
            assert begun.wait(60)
            time.sleep(random.Random(place).random() / 10)
            process.kill()
            for future in futures:
                future.result(60)
        process.wait()
    assert 3 <= len(acknowledged) < 90
    store = SQLiteStore(store_path(tmp_path))
    reader = Reader(store.engine())
    found = sessions_that_add_up(reader)
    assert all(found[session_id]["complete"] for session_id in acknowledged)
    add_to(store, [line for _, lines in made for line in lines])
    found = sessions_that_add_up(reader)
    assert found.keys() == {session_id for session_id, _ in made}
    assert all(session["complete"] for session in found.values())
    with store.transaction() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
    store.close()


def test_pages_answer_while_more_batches_wait_than_there_are_threads(server, tmp_path, make_sessions):
    """Sixty senders wait for another program's long transaction: reading goes on, and then every batch is stored."""
    _, url = server()
    bodies = [merge_lines(lines) for _, lines in make_sessions(60, spans=3)]
    statuses = []

    def send(body):
        statuses.append(post(url, body))

    senders = [threading.Thread(target=send, args=(body,)) for body in bodies]
    with contextlib.closing(sqlite3.connect(store_path(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for sender in senders:
            sender.start()
        time.sleep(0.5)
        with urllib.request.urlopen(f"{url}/api/v1/sessions", timeout=10) as answer:
            assert json.load(answer)["total"] == 0
        other.execute("ROLLBACK")
    for sender in senders:
        sender.join()
    assert statuses == [200] * 60
    with urllib.request.urlopen(f"{url}/api/v1/sessions") as answer:
        assert json.load(answer)["total"] == 60


async def test_answers_leave_at_once(tmp_path):
    """The server's connections do not wait to fill a packet: that made each answer on an open one 44 ms late."""
    accepted = asyncio.Event()
    delays = []

    async def look(_reader, writer):
        delays.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        accepted.set()

    listener = _listen(tmp_path, LOOPBACK_HOST, 0)
    async with await asyncio.start_server(look, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await asyncio.wait_for(accepted.wait(), 10)
        writer.close()
    assert [bool(delay) for delay in delays] == [True]


def test_changes_arrive_as_server_sent_events_and_do_not_hold_up_the_end(server, make_sessions):
    """A watcher is told of a session as it is stored; ending the server with a watcher takes no time."""
    process, url = server()
    port = int(url.rsplit(":", 1)[1])
    ((session_id, lines),) = make_sessions(1, spans=5)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as watcher:
        watcher.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        stream = watcher.makefile("rb")
        _read_until(stream, b"event: hello")
        post(url, merge_lines(lines))
        data = _read_until(stream, b'data: {"revision"')
        change = json.loads(data[len(b"data: ") :])["sessions"][0]
        assert (change["id"], change["state"]) in {(session_id, "success"), (session_id, "error")}
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _read_until(stream, start):
    for _ in range(200):
        line = stream.readline()
        if line.startswith(start):
            return line
    raise AssertionError(f"no line starts with {start!r}")
