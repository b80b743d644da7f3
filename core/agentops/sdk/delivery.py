"""Delivery: one thread that posts what is on the disk to the endpoint, and tries again until it is there."""

import random
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from agentops.sdk.config import Config
from agentops.sdk.guard import guard, logger, say_once
from agentops.sdk.outbox import Batch, Outbox, write_destination
from agentops.sdk.spool import Spool
from agentops.sdk.transport import TIMEOUT_S, Answer, Outcome, Transport

__all__ = ["Delivery", "DeliveryCounts", "deliver_batch", "make_delivery"]

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_PATIENCE_TURNS: Final = 50
_PATIENCE_TURN_S: Final = 0.02


class Sender(Protocol):
    """What delivery needs of a transport."""

    def send(self, lines: list[bytes], timeout_s: float = TIMEOUT_S) -> Answer:
        """Send whole lines as one request."""

    def close(self) -> None:
        """Close connections."""


class DeliveryCounts:
    """What became of what was sent: requests delivered, lines set aside, spans that an endpoint said it dropped."""

    __slots__ = ("delivered", "refused_lines", "rejected_spans")

    def __init__(self) -> None:
        self.delivered = 0
        self.refused_lines = 0
        self.rejected_spans = 0


def deliver_batch(
    outbox: Outbox, sender: Sender, batch: Batch, counts: DeliveryCounts, timeout_s: float = TIMEOUT_S
) -> Answer:
    """Send a batch; where it is refused, send its lines one by one, so that one bad line costs only itself.

    The batch is noted as done unless the answer is ``later``.
    """
    answer = sender.send(batch.lines, timeout_s)
    if answer.outcome == Outcome.REFUSED:
        answer = _one_by_one(outbox, sender, batch, counts, timeout_s, answer)
    if answer.outcome != Outcome.LATER:
        counts.delivered += answer.outcome == Outcome.DELIVERED
        outbox.done(batch)
    if answer.rejected_spans:
        counts.rejected_spans += answer.rejected_spans
        say_once("partial", "agentops: the endpoint dropped %d spans: %s", answer.rejected_spans, answer.reason)
    return answer


def _one_by_one(  # noqa: PLR0917 - the parts of one call of deliver_batch
    outbox: Outbox, sender: Sender, batch: Batch, counts: DeliveryCounts, timeout_s: float, first: Answer
) -> Answer:
    refused = batch.lines if len(batch.lines) == 1 else []
    last = first
    for line in batch.lines if len(batch.lines) > 1 else ():
        last = sender.send([line], timeout_s)
        if last.outcome == Outcome.LATER:
            return last  # the whole batch comes again; a reader knows spans that it has
        if last.outcome == Outcome.REFUSED:
            refused.append(line)
            first = last
    if refused:
        outbox.reject(batch, refused)
        counts.refused_lines += len(refused)
        logger.warning(
            "agentops: %s; %d lines that it does not take are set aside in %s. "
            "To offer them again: agentops push --rejected",
            first.reason,
            len(refused),
            outbox.directory / "rejected",
        )
    return last if len(refused) < len(batch.lines) else first


class Delivery:
    """Delivers one destination's outbox in the background. Starts its thread when there is something to deliver.

    Args:
        outbox: What is to be delivered.
        sender: How.
        interval_s: Seconds between two passes while all goes well.
        process: Id of this process, for saying how much of its own is left at the end.
        is_writer_behind: Says whether the disk is to come first: what is not on it yet dies with the process.
        prepare: Called once, when the thread starts.
        jitter: Returns a number from 0 to 1; spreads the retries of many processes.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        *,
        interval_s: float,
        process: str,
        is_writer_behind: Callable[[], bool] = lambda: False,
        prepare: Callable[[], object] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.outbox = outbox
        self.sender = sender
        self.counts = DeliveryCounts()
        self._interval_s = interval_s
        self._process = process
        self._is_writer_behind = is_writer_behind
        self._prepare = prepare
        self._jitter = jitter
        self._has_news = threading.Event()
        self._hurry = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._passes_begun = 0
        self._passes_clean = 0
        self._deadline: float | None = None

    def notify(self) -> None:
        """Say that something has been written; called by the spool's thread."""
        self._has_news.set()
        if self._thread is None:
            self._start()

    def flush(self, timeout_s: float | None) -> bool:
        """Wait until all that is on the disk now has been delivered; False when the time ran out."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            wanted = self._passes_begun + 1
            self._press()
            self._start()
            while self._passes_clean < wanted:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def close(self, timeout_s: float) -> None:
        """Make a last attempt, for at most this many seconds, then end; what is left waits for the next process."""
        if self._thread is None and not self._has_news.is_set():
            return
        self._start()
        self._deadline = time.monotonic() + timeout_s
        self._press()
        thread = self._thread
        if thread is None:  # an interpreter that shuts down starts no thread any more
            self._pass()
        elif thread is not threading.current_thread():
            thread.join(timeout_s)
        left = self.outbox.waiting_bytes(self._process)
        if left:
            logger.warning(
                "agentops: %.1f kB of this run's records are not delivered yet and wait in %s; "
                "the next run delivers them, or: agentops push",
                left / 1e3,
                self.outbox.directory,
            )

    def retire(self) -> bool:
        """End the thread if nothing of this process is left to deliver; False while something is."""
        if self.outbox.waiting_bytes(self._process):
            return False
        self.close(1.0)
        return True

    def _press(self) -> None:
        self._has_news.set()
        self._hurry.set()

    def _start(self) -> None:
        if self._thread is None and self._deadline is None:
            with guard("delivery.start"):
                thread = threading.Thread(target=self._run, name="agentops-delivery", daemon=True)
                self._thread = thread
                try:
                    thread.start()
                except RuntimeError:
                    self._thread = None

    def _run(self) -> None:
        self._let_writer_go_first()
        self._prepare_once()
        while True:
            self._has_news.wait()
            self._let_writer_go_first()
            # Cleared before looking: whatever is announced from here on is seen below or wakes the thread again.
            self._hurry.clear()
            self._has_news.clear()
            is_last = self._deadline is not None
            pause_s = self._pass()
            if is_last:
                self.sender.close()
                self._thread = self._deadline = None  # what comes later starts another one
                return
            self._hurry.wait(pause_s)

    def _let_writer_go_first(self) -> None:
        """Wait while the writing thread is behind, for a second at most: both need the interpreter lock."""
        for _ in range(_PATIENCE_TURNS):
            if not self._is_writer_behind() or self._hurry.wait(_PATIENCE_TURN_S):
                return

    def _prepare_once(self) -> None:
        prepare, self._prepare = self._prepare, None
        if prepare is not None:
            with guard("delivery.prepare"):
                prepare()

    def _pass(self) -> float:
        """Deliver all that waits; returns the seconds to pause."""
        self._prepare_once()
        with self._changed:
            self._passes_begun += 1
            this = self._passes_begun
        answer: Answer | None = Answer(Outcome.LATER)
        with guard("delivery"):
            answer = self._deliver_all()
        with self._changed:
            if answer is None:
                self._failures = 0
                self._passes_clean = this
            self._changed.notify_all()
        if answer is None:
            return self._interval_s
        self._failures += 1
        self._has_news.set()
        if answer.reason:
            say_once("delivery", "agentops: %s; records are kept on disk and sent again.", answer.reason)
        if answer.retry_after_s is not None:
            return answer.retry_after_s
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self._failures, 16))
        return longest * (0.5 + self._jitter() / 2)

    def _deliver_all(self) -> Answer | None:
        """Send batch after batch; returns the answer that stopped it, or None when nothing is left."""
        for batch in self.outbox.batches():
            timeout_s = TIMEOUT_S
            if self._deadline is not None:
                timeout_s = self._deadline - time.monotonic()
                if timeout_s <= 0.01:
                    return Answer(Outcome.LATER)
            answer = deliver_batch(self.outbox, self.sender, batch, self.counts, timeout_s)
            if answer.outcome == Outcome.LATER:
                return answer
        return None


def make_delivery(config: Config, spool: Spool) -> Delivery:
    """Make the delivery of what a spool writes to the endpoint of some settings."""
    segments = spool.segments
    transport = Transport(config)
    outbox = Outbox(segments.directory, sends_partial=not transport.is_foreign, live_path=lambda: segments.path)
    interval_s = min(config.export_flush_interval, config.max_wait_time) / 1000

    def prepare() -> None:
        write_destination(segments.directory, config.endpoint, config.exporter_endpoint)
        if config.prefetch_jwt_token:
            transport.authenticate()

    delivery = Delivery(
        outbox,
        transport,
        interval_s=interval_s,
        process=segments.process,
        is_writer_behind=lambda: spool.is_behind,
        prepare=prepare,
    )
    if config.prefetch_jwt_token:
        delivery.notify()
    return delivery
