"""Who writes a segment: by its lock, and on file systems without locks by the note beside it."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentops.sdk import segment_writer, spool
from agentops.sdk.assembly import make_runtime
from agentops.sdk.config import Config, updated
from agentops.sdk.outbox import Outbox
from agentops.sdk.segment_writer import SegmentWriter
from agentops.wire import Segment, list_segments, owner
from agentops.wire.owner import owner_is_alive
from tests.spooled import read_spool

NO_LOCKS = """
import errno, fcntl
def refuse(*_): raise OSError(errno.{name}, "no locks here")
fcntl.flock = refuse
"""
BUSY = """
import agentops, sys, time
agentops.init()
agentops.operation(lambda: None, name="step")()
agentops.flush()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def _no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system whose server knows no locks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


def _written(directory: Path) -> tuple[SegmentWriter, Segment]:
    """A segment that this process writes."""
    writer = SegmentWriter(directory, "f" * 32, 10**9)
    assert writer.write(b"{}\n")
    assert writer.path is not None
    return writer, Segment(writer.path)


def _note(segment: Segment) -> Path:
    return segment.path.with_name(f"{segment.name}.owner")


@pytest.mark.parametrize("name", ["ENOLCK", "ENOTSUP", "ENOSYS"])
@pytest.mark.usefixtures("_no_locks")
def test_without_locks_a_living_processs_segment_is_left_to_it_and_a_dead_ones_taken(
    name: str, agentops_home: Path
) -> None:
    """A process that runs keeps what it writes, also while it is idle; ``kill -9`` gives it away."""
    directory = agentops_home / "spool" / "local"
    command = [sys.executable, "-c", NO_LOCKS.format(name=name) + BUSY]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        [segment] = list_segments(directory)
        assert owner_is_alive(segment)
        assert list(Outbox(directory, sends_partial=True).batches()) == []
        program.send_signal(signal.SIGKILL)
    assert not owner_is_alive(segment)
    outbox = Outbox(directory, sends_partial=True)
    for batch in outbox.batches():
        assert b"step" in b"".join(batch.lines)
        outbox.done(batch)
    assert list(directory.iterdir()) == []


@pytest.mark.usefixtures("_no_locks")
def test_without_locks_a_segment_is_given_away_when_its_writer_leaves_it(tmp_path: Path) -> None:
    """The note goes with the end of the program, and with the beginning of the next segment."""
    writer, segment = _written(tmp_path)
    assert owner_is_alive(segment)
    writer.close()
    assert not owner_is_alive(segment)
    assert list(tmp_path.iterdir()) == [segment.path]


@pytest.mark.usefixtures("_no_locks")
def test_without_locks_a_forked_child_does_not_give_its_parents_segment_away(tmp_path: Path) -> None:
    """The child closes its copy of the file; the note goes on saying that the parent writes it."""
    writer, segment = _written(tmp_path)
    child = os.fork()
    if child == 0:
        writer.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert owner_is_alive(segment)
    writer.close()


@pytest.mark.usefixtures("_no_locks")
def test_a_number_that_another_process_got_later_is_not_the_writer(tmp_path: Path) -> None:
    """The note says when the process began; pid 1 lives, and did not begin then."""
    writer, segment = _written(tmp_path)
    note = json.loads(_note(segment).read_text())
    _note(segment).write_text(json.dumps(note | {"pid": 1, "began": "0"}))
    assert not owner_is_alive(segment)
    writer.close()


@pytest.mark.parametrize("note", [{"machine": "another", "pid": 1, "began": "7"}, {"machine": None, "pid": 5}, [], "x"])
def test_a_writer_on_another_machine_lives_as_long_as_it_renews_its_note(note: object, tmp_path: Path) -> None:
    """Its process cannot be looked for from here: ten minutes of silence are its end."""
    writer, segment = _written(tmp_path)
    writer.close()
    _note(segment).write_text(json.dumps(note))
    assert owner_is_alive(segment)
    os.utime(_note(segment), (time.time() - 601,) * 2)
    assert not owner_is_alive(segment)


def test_a_note_that_is_being_written_takes_nothing_from_anybody(tmp_path: Path) -> None:
    """Half a note is one of somebody who lives."""
    writer, segment = _written(tmp_path)
    writer.close()
    _note(segment).write_text('{"mach')
    assert owner_is_alive(segment)


@pytest.mark.usefixtures("_no_locks")
def test_an_idle_program_renews_its_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every heartbeat, also when no session runs and nothing is recorded."""
    monkeypatch.setattr(spool, "HEARTBEAT_S", 0.01)
    runtime = make_runtime(updated(Config(), {"home": tmp_path}))
    with runtime.start_session("over"):
        pass
    assert runtime.sink.flush(10)
    [segment] = list_segments(tmp_path / "spool" / "local")
    os.utime(_note(segment), (0, 0))
    deadline = time.monotonic() + 10
    while _note(segment).stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _note(segment).stat().st_mtime > 0
    runtime.sink.close(10)
    assert read_spool(tmp_path).outline() == "over"


def test_locks_that_only_a_file_open_for_writing_can_have_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS refuses an exclusive lock to who has opened the file for reading."""
    real = fcntl.flock

    def flock(descriptor: int, operation: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    writer, segment = _written(tmp_path)
    assert not _note(segment).exists()
    assert owner_is_alive(segment)
    assert list(Outbox(tmp_path, sends_partial=True).batches()) == []
    writer.close()
    assert not owner_is_alive(segment)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EACCES, 35, 36])
def test_a_lock_that_another_process_has_is_known_by_every_systems_number(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """35 is macOS' and 36 Windows' way to say it; none of them is "no locks here"."""
    writer, segment = _written(tmp_path)

    def held(*_: object) -> None:
        raise OSError(number, "held")

    monkeypatch.setattr(fcntl, "flock", held)
    assert owner_is_alive(segment)
    assert list(Outbox(tmp_path, sends_partial=True).batches()) == []
    writer.close()


class Locks:
    """Windows' locks: of a byte of a file, by one open file, which others then cannot read either."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], int] = {}

    def locking(self, descriptor: int, mode: int, size: int) -> None:
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        if self.held.setdefault(place, descriptor) != descriptor:
            raise PermissionError(errno.EACCES, "Permission denied")


def test_on_windows_a_segment_is_its_writers_and_then_the_next_processs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``msvcrt``'s locks instead of ``fcntl``'s: left alone while it is written, then delivered and deleted."""
    locks = Locks()
    monkeypatch.setattr(owner, "fcntl", None)
    monkeypatch.setattr(owner, "msvcrt", locks)
    monkeypatch.setattr(segment_writer, "IS_WINDOWS", True)
    writer, segment = _written(tmp_path)
    assert list(locks.held) == [(segment.path.stat().st_ino, 2**40)], "readers must not be shut out of the lines"
    assert owner_is_alive(segment)
    assert list(Outbox(tmp_path, sends_partial=True).batches()) == []
    writer.close()
    locks.held.clear()
    outbox = Outbox(tmp_path, sends_partial=True)
    for batch in outbox.batches():
        assert batch.lines == [b"{}\n"]
        outbox.done(batch)
    assert list(tmp_path.iterdir()) == []


def test_without_locks_of_any_kind_and_without_proc_the_note_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ``fcntl`` nor ``msvcrt`` nor ``/proc``: the writer lives as long as it renews its note."""
    monkeypatch.setattr(owner, "fcntl", None)
    monkeypatch.setattr(owner, "msvcrt", None)
    monkeypatch.setattr(owner, "_machine", lambda: None)
    monkeypatch.setattr(owner, "_began", lambda pid: None)
    writer, segment = _written(tmp_path)
    assert owner_is_alive(segment)
    os.utime(_note(segment), (time.time() - 601,) * 2)
    assert not owner_is_alive(segment)
    writer.renew()
    assert owner_is_alive(segment)
    writer.close()
    assert not owner_is_alive(segment)
