"""The importer: moves this machine's spool segments into the store."""

import logging
import threading
import time
from pathlib import Path

from agentops.wire import Segment, list_segments, read_lines
from agentops.wire.owner import owner_is_alive, withdraw_note
from agentops.wire.segment import LOCAL
from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import DEFAULT_PROJECT
from agentops_dashboard.store.store import SegmentPart, Store

__all__ = ["SpoolImporter"]

_POLL_S = 0.25
_AFTER_FAILURE_S = 5.0
_REJECTED = "rejected"
_CHUNK_BYTES = 4 * 1024 * 1024
_log = logging.getLogger("agentops.dashboard")


class SpoolImporter:
    """Reads live segments as they grow and dead ones to their end, which are then deleted.

    Args:
        store: The store to write to.
        home: The home directory that holds ``spool/local``.
    """

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._directory = home / "spool" / LOCAL
        self._failures: tuple[type[Exception], ...] = (*store.errors, OSError, ValueError, TypeError, OverflowError)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Import in a background thread until ``stop``."""
        self._thread = threading.Thread(target=self._run, name="agentops-importer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread and wait for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self.import_once()
            except self._failures:
                # A full disk or a lock held too long passes; nothing is lost, since the spool still has it.
                _log.exception("agentops: the spool could not be imported; it is tried again.")
                self._stop.wait(_AFTER_FAILURE_S)
            # The summary of a running session of 50,000 spans takes 0.3 s: a third of one core at most goes into it.
            self._stop.wait(max(_POLL_S, 2 * (time.monotonic() - started)))

    def import_once(self) -> int:
        """Import everything that is there now; returns the number of lines taken.

        Raises:
            Exception: A segment could not be imported, of whatever kind; the others were.
        """
        taken, failure = 0, None
        for segment in list_segments(self._directory):
            try:
                taken += self._import_segment(segment)
            except self._failures as error:
                failure = error
        if failure is not None:
            raise failure
        return taken

    def _import_segment(self, segment: Segment) -> int:
        is_alive = owner_is_alive(segment)
        taken = 0
        while True:
            try:
                count = self._import_chunk(segment)
            except FileNotFoundError:
                # Another process has imported it to its end and taken it away.
                return taken
            taken += count
            if count == 0:
                break
        if not is_alive:
            self._finish(segment)
        return taken

    def _import_chunk(self, segment: Segment) -> int:
        """Take the next lines; returns their number. One that the store will never take is set aside."""
        try:
            return self._take(segment, _CHUNK_BYTES)
        except FileNotFoundError:
            raise
        except self._failures:
            try:
                return self._take(segment, 1)
            except self._failures as error:
                return self._set_aside(segment, error)

    def _set_aside(self, segment: Segment, error: Exception) -> int:
        """Move the next line out of the way, unless the store takes nothing at all: then it is not the line's fault."""
        offset = self._store.segment_offset(segment.name)
        line, end = next(iter(read_lines(segment, offset, 1)), (b"", offset))
        self._store.add(DEFAULT_PROJECT, [], [], counts={"bad_lines": {segment.process: 1}})
        folder = self._directory / _REJECTED
        folder.mkdir(mode=0o700, exist_ok=True)
        with open(folder / segment.name, "ab") as file:
            file.write(line)
        self._store.add(DEFAULT_PROJECT, [], [], counts={}, part=SegmentPart(segment.name, offset, end))
        _log.warning("agentops: the store does not take a line (%s); it is set aside in %s.", error, folder)
        return 1

    def _take(self, segment: Segment, limit_bytes: int) -> int:
        """Take the next lines; returns their number, also when another process has taken them meanwhile."""
        offset = self._store.segment_offset(segment.name)
        end, count, bad = offset, 0, 0
        spans, ledgers = [], []
        for line, line_end in read_lines(segment, offset, limit_bytes):
            end, count = line_end, count + 1
            try:
                batch = decode(line)
            except ValueError:
                bad += 1
                continue
            bad += bool(batch.rejected)
            spans += [understand(raw) for raw in batch.spans]
            ledgers += batch.ledgers
        if not count:
            return 0
        counts = {"bad_lines": {segment.process: bad} if bad else {}}
        self._store.add(DEFAULT_PROJECT, spans, ledgers, counts=counts, part=SegmentPart(segment.name, offset, end))
        return count

    def _finish(self, segment: Segment) -> None:
        """Take a segment away that nobody will add to: its process has begun another one, or is gone."""
        others = [item for item in list_segments(self._directory) if item.process == segment.process]
        if not any(owner_is_alive(item) for item in others if item.name != segment.name):
            self._store.mark_dead(segment.process)
        segment.path.unlink(missing_ok=True)
        withdraw_note(segment.path)
        self._store.forget_segment(segment.name)
