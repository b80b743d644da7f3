"""Delivery: what is on the disk gets to the endpoint, once, whatever happens to the endpoint or to us."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import agentops
from agentops.sdk import process
from agentops.sdk.api import flush
from agentops.sdk.assembly import make_runtime
from agentops.sdk.config import Config, config_from_environment, updated
from agentops.sdk.delivery import Delivery
from agentops.sdk.outbox import Outbox
from agentops.sdk.span import ErrorInfo
from agentops.sdk.transport import Answer, Outcome, Transport
from agentops.wire import Segment, encode_line, list_segments, new_segment_name
from agentops.wire.owner import lock
from tests.endpoint import Received, Reply, endpoint
from tests.spooled import run_program

PROGRAM = """
import agentops, sys
agentops.init(auto_start_session=False)
@agentops.operation
def step(number): ...
@agentops.session
def run(count):
    for number in range(count): step(number)
run(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
"""
FLUSH = "agentops.flush(30, delivered=True)"


def _spool(home: Path) -> Path:
    """The one destination's directory."""
    return next((home / "spool").iterdir())


def _segment(directory: Path, *lines: bytes) -> Segment:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / new_segment_name("dead")
    # Whole from the first sight on, as those of living writers are locked: a delivery deletes an empty one.
    hidden = directory / f".{path.name}"
    hidden.write_bytes(b"".join(lines))
    hidden.rename(path)
    return Segment(path)


def _line(text: str, *, partial: bool = False) -> bytes:
    return encode_line('{"attributes":[]}', f'{{"name":"{text}"}}', (), partial=partial)


def _names(request: Received) -> list[str]:
    return [item["scopeSpans"][0]["scope"]["name"] for item in request.json["resourceSpans"]]


class Sender:
    """Answers as it is told, and keeps what it was given."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[list[bytes]] = []

    def send(self, lines: list[bytes], timeout_s: float = 0) -> Answer:
        self.sent.append(lines)
        return self.answers.pop(0) if self.answers else Answer(Outcome.DELIVERED)

    def close(self) -> None:
        """Nothing is open."""


def test_all_of_a_short_program_arrives_and_nothing_stays(tmp_path: Path) -> None:
    """A program that ends at once delivers everything at its exit, and its segments are deleted."""
    for attempt in range(4):  # a machine that is busy may need more than the two seconds that an end may take
        home = tmp_path / str(attempt)
        with endpoint() as server:
            done = run_program(PROGRAM, AGENTOPS_API_ENDPOINT=server.url, AGENTOPS_HOME=str(home))
        if "not delivered yet" not in done.stderr:
            break
    spooled = server.spooled
    assert done.stderr == f"AgentOps: Session Replay for run: {server.url}/sessions/{spooled.sessions[0].trace_id}\n"
    assert spooled.outline() == "run\n" + "\n".join(["  step"] * 20)
    account = spooled.ledgers[-1].sessions[spooled.sessions[0].trace_id]
    assert (account.spans, account.has_ended) == (21, True)
    assert list_segments(_spool(home)) == []


def test_a_foreign_endpoint_gets_ended_spans_only() -> None:
    """No span with an end of 0, no ledger, each span once."""
    with endpoint() as server:
        run_program(PROGRAM + FLUSH, AGENTOPS_EXPORTER_ENDPOINT=server.url)
    spooled = server.spooled
    assert spooled.outline() == "run\n" + "\n".join(["  step"] * 20)
    assert all(len(span.versions) == 1 and span.end_ns for span in spooled.spans.values())
    assert spooled.ledgers == []


def test_a_foreign_endpoint_gets_each_span_once_and_as_it_ended(tmp_path: Path) -> None:
    """A span that outlives what is around it is sent with its own end, one without an end when its session ends."""
    with endpoint() as server:
        runtime = make_runtime(updated(Config(), {"home": tmp_path, "exporter_endpoint": server.url}))
        assert runtime.delivery is not None
        session = runtime.start_session("s")
        outer = session.open("agent", "outer")
        streamed, forgotten = (session.open("llm", name, outer) for name in ("streamed", "forgotten"))
        outer.end()

        def delivered() -> list[str]:
            assert runtime.sink.flush(10)
            assert runtime.delivery is not None
            assert runtime.delivery.flush(10)
            return [span.name for span in server.spooled.spans.values()]

        assert delivered() == ["invoke_agent outer"]
        streamed.set_output([{"role": "assistant", "parts": []}])
        streamed.end()
        assert delivered() == ["invoke_agent outer", "chat streamed"]
        outer.set({"mine": "too late"})
        streamed.session.amend_error(streamed, ErrorInfo("Late", "too late"))
        assert delivered() == ["invoke_agent outer", "chat streamed"]
        session.end()
        assert delivered()[2:] == ["s", "chat forgotten"]
        forgotten.end()
        assert delivered() == ["invoke_agent outer", "chat streamed", "s", "chat forgotten"]
        session.add_tags(["too-late"])
        runtime.sink.close(10)
        runtime.delivery.close(10)
    spans = {span.name: span for span in server.spooled.spans.values()}
    assert "gen_ai.output.messages" in spans["chat streamed"].attributes
    assert [len(span.versions) for span in spans.values()] == [1, 1, 1, 1]
    assert [span.status for span in spans.values()] == ["ok", "ok", "ok", "unfinished"]
    assert len(server.received) == 3


def test_what_is_held_back_for_a_foreign_endpoint_goes_out_with_the_program() -> None:
    """A session that nobody ends holds nothing back for ever."""
    with endpoint() as server:
        run_program(
            "import agentops\nagentops.init(skip_auto_end_session=True)\nrecorder = agentops.Recorder('test')\n"
            "agent = recorder.start('agent', 'a')\nrecorder.start('tool', 't', parent=agent)\nrecorder.end(agent)\n"
            "agentops.flush(30, delivered=True)",
            AGENTOPS_EXPORTER_ENDPOINT=server.url,
        )
        run_program("from agentops.cli import main; main(['push'])")
    assert sorted((span.name, span.status) for span in server.spooled.spans.values()) == [
        ("execute_tool t", "unfinished"),
        ("invoke_agent a", "ok"),
    ]


def test_nothing_is_sent_without_an_endpoint(agentops_home: Path) -> None:
    """An API key alone names no place to send to; what is recorded stays in ``local``."""
    run_program(PROGRAM, AGENTOPS_API_KEY="key")
    assert [item.name for item in (agentops_home / "spool").iterdir()] == ["local"]


def test_what_is_not_on_the_disk_yet_comes_first(tmp_path: Path) -> None:
    """While the writing thread is behind nothing is sent, for that would take its time; a flush does not wait."""
    _segment(tmp_path, _line("a"))
    asked: list[bool] = []
    sender = Sender()

    def is_behind() -> bool:
        asked.append(not sender.sent)
        return len(asked) < 4

    outbox = Outbox(tmp_path, sends_partial=True)
    delivery = Delivery(outbox, sender, interval_s=60, process="p", is_writer_behind=is_behind, jitter=lambda: 0)
    delivery.notify()
    while not sender.sent:
        time.sleep(0.001)
    assert asked[:4] == [True] * 4
    delivery.close(5)
    assert [len(lines) for lines in sender.sent] == [1]


def test_a_server_that_is_down_costs_two_seconds_and_the_next_process_delivers(agentops_home: Path) -> None:
    """Nothing is lost: what the first program could not deliver, the second one does, with its own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    first = run_program(PROGRAM, AGENTOPS_API_ENDPOINT=url)
    assert "Connection refused" in first.stderr
    assert re.search(r"[\d.]+ kB of this run's records are not delivered yet.*agentops push", first.stderr)
    with endpoint(port=port) as server:
        second = run_program(PROGRAM + FLUSH, AGENTOPS_API_ENDPOINT=url)
    assert len(second.stderr.splitlines()) == 1  # the session's address
    assert [len(server.spooled.of(root)) for root in server.spooled.sessions] == [21, 21]
    assert list_segments(_spool(agentops_home)) == []


def test_a_server_that_hangs_does_not_hold_up_the_end(agentops_home: Path) -> None:
    """The end of the program waits for two seconds at most; the records stay."""
    with endpoint(delay_s=60) as server:
        begun = time.monotonic()
        done = run_program(PROGRAM, AGENTOPS_API_ENDPOINT=server.url)
        # The answer comes after a minute; how long the end of a program really takes is measured in benchmarks/.
        assert time.monotonic() - begun < 30
        server.delay_s = 0
    assert "not delivered yet" in done.stderr
    assert list_segments(_spool(agentops_home)) != []


def test_what_a_killed_process_left_is_delivered_by_the_next(agentops_home: Path) -> None:
    """``kill -9`` leaves segments without an owner; the next process of the same destination adopts them."""
    code = PROGRAM + "agentops.flush()\nprint('ready', flush=True)\nimport time\ntime.sleep(60)"
    with endpoint(judge=lambda _: (503, {}, b"")) as server:
        url, port = server.url, int(server.url.rpartition(":")[2])
        program = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "AGENTOPS_API_ENDPOINT": url},
        )  # fmt: skip
        with program:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            program.send_signal(signal.SIGKILL)
    with endpoint(port=port) as server:
        run_program(PROGRAM + FLUSH, AGENTOPS_API_ENDPOINT=url)
    assert [len(server.spooled.of(root)) for root in server.spooled.sessions] == [21, 21]


def test_a_living_processs_segments_are_left_to_it(tmp_path: Path) -> None:
    """Two processes with one destination do not send each other's records."""
    segment = _segment(tmp_path, _line("a"))
    outbox = Outbox(tmp_path, sends_partial=True)
    with open(segment.path, "rb") as owner:
        assert lock(owner)
        assert list(outbox.batches()) == []
    assert [batch.lines for batch in outbox.batches()] == [[_line("a")]]


def test_a_crash_in_the_middle_goes_on_where_the_server_has_answered(tmp_path: Path) -> None:
    """The offset beside a segment keeps what is done from being sent again by the next process."""
    segment = _segment(tmp_path, _line("a"))
    first = Outbox(tmp_path, sends_partial=True, live_path=lambda: segment.path)
    for batch in first.batches():
        first.done(batch)
    with open(segment.path, "ab") as file:
        file.write(_line("b") + b'{"torn')
    second = Outbox(tmp_path, sends_partial=True)
    assert second.waiting_bytes() == len(_line("b")) + len(b'{"torn')
    for batch in second.batches():
        assert batch.lines == [_line("b")]
        second.done(batch)
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_refused_costs_only_itself(tmp_path: Path) -> None:
    """One bad line among many is set aside and said; the others are delivered, and it can be offered again."""
    _segment(tmp_path, _line("a"), _line("bad"), _line("c"))
    outbox = Outbox(tmp_path, sends_partial=True)
    config = config_from_environment()

    def judge(request: Received) -> Reply | None:
        return (400, {}, b"do not like it") if "bad" in _names(request) else None

    with endpoint(judge=judge) as server:
        config = updated(config, {"endpoint": server.url})
        delivery = Delivery(outbox, Transport(config), interval_s=0.01, process="other")
        assert delivery.flush(10)
        delivery.close(1)
    assert [_names(request) for request in server.taken] == [["a"], ["c"]]
    assert delivery.counts.refused_lines == 1
    assert outbox.rejected_bytes() == len(_line("bad"))
    assert outbox.restore_rejected() == 1
    assert [batch.lines for batch in outbox.batches()] == [[_line("bad")]]


def test_pauses_grow_and_spread_and_follow_what_the_server_asks(tmp_path: Path) -> None:
    """Exponential with jitter, at most a minute; ``Retry-After`` has the last word; a success starts anew."""
    _segment(tmp_path, _line("a"))
    later = Answer(Outcome.LATER, "busy")
    sender = Sender(*[later] * 9, Answer(Outcome.LATER, "busy", 17.0))
    outbox = Outbox(tmp_path, sends_partial=True)
    delivery = Delivery(outbox, sender, interval_s=3, process="x", jitter=lambda: 1.0)
    assert [delivery._pass() for _ in range(10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 17]
    assert delivery._pass() == 3


def test_jitter_halves_the_pause_at_most(tmp_path: Path) -> None:
    """Many processes that lost the same server do not come back in the same moment."""
    _segment(tmp_path, _line("a"))
    outbox = Outbox(tmp_path, sends_partial=True)
    sender = Sender(Answer(Outcome.LATER, "busy"))
    assert Delivery(outbox, sender, interval_s=3, process="x", jitter=lambda: 0.0)._pass() == 0.5


def test_requests_are_bounded_in_size(tmp_path: Path) -> None:
    """An hour's backlog goes out in requests of a few megabytes, in order, and is never in memory as a whole."""
    line = _line("x" * 1_000_000)
    _segment(tmp_path, *[line] * 10)
    _segment(tmp_path, _line("last"))
    sender = Sender()
    delivery = Delivery(Outbox(tmp_path, sends_partial=True), sender, interval_s=3, process="x")
    delivery._pass()
    assert [len(lines) for lines in sender.sent] == [5, 5, 1]


def test_flush_can_wait_until_delivered(agentops_home: Path) -> None:
    """``flush(delivered=True)`` returns True when the server has it all, False when it has not in time."""
    with endpoint() as server:
        before = process.current()
        process.swap(None)
        try:
            agentops.init(endpoint=server.url)
            with agentops.start_session("one"):
                pass
            assert flush(10, delivered=True)
            assert [root.name for root in server.spooled.sessions] == ["one"]
            server.judge = lambda _: (503, {}, b"")
            with agentops.start_session("two"):
                pass
            assert not flush(0.3, delivered=True)
            server.judge = lambda _: None
            assert flush(10, delivered=True)
            assert [root.name for root in server.spooled.sessions] == ["one", "two"]
        finally:
            runtime = process.current()
            assert runtime is not None
            runtime.sink.close(5)
            assert runtime.delivery is not None
            runtime.delivery.close(5)
            process.swap(before)


def test_destinations_are_told_where_they_lead_but_not_with_which_key(agentops_home: Path) -> None:
    """What is left can be attributed to its endpoint; the key is never written to the disk."""
    with endpoint() as server:
        run_program(PROGRAM, AGENTOPS_API_ENDPOINT=server.url, AGENTOPS_API_KEY="secret-key")
    note = _spool(agentops_home) / "destination.json"
    assert json.loads(note.read_text()) == {"endpoint": server.url, "exporter_endpoint": None}
    assert "secret-key" not in "".join(path.read_text() for path in agentops_home.rglob("*") if path.is_file())


def test_delivery_that_was_stopped_in_the_middle_of_a_request_can_go_on(tmp_path: Path) -> None:
    """``disable()`` while a server hangs gives up waiting; when the server is back, the next records are delivered."""
    with endpoint(delay_s=0.5) as server:
        delivery = Delivery(
            Outbox(tmp_path, sends_partial=True),
            Transport(updated(config_from_environment(), {"endpoint": server.url})),
            interval_s=0.01,
            process="other",
        )
        _segment(tmp_path, _line("a"))
        delivery.notify()
        time.sleep(0.1)
        delivery.close(0.1)
        server.delay_s = 0
        server.wait_for(lambda item: item.received)
        _segment(tmp_path, _line("b"))
        end = time.monotonic() + 10
        while delivery._thread is not None and time.monotonic() < end:
            time.sleep(0.01)
        delivery.notify()
        assert delivery.flush(10)
        delivery.close(1)
    assert [name for request in server.taken for name in _names(request)] == ["a", "b"]
