"""The cases that every integration passes, ours and strangers' alike.

Subclass ``Conformance`` in a test module, name the integration, and write the few runs that only you can write, with
the real framework and a scripted model. pytest collects the cases.
"""

import asyncio
import importlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import agentops
from agentops.plugins import plugins
from agentops.sdk.guard import guard
from agentops.testing.recording import Recording, recording

if TYPE_CHECKING:
    from agentops.sdk.span import Span

__all__ = ["Conformance", "check_tree"]


def check_tree(recorded: Recording) -> None:
    """Assert what is true of every tree: one root per session, parents exist, times nest, each span ended once."""
    by_session: dict[str, list[Span]] = {}
    for span in recorded.spans:
        by_session.setdefault(span.session.id, []).append(span)
    for spans in by_session.values():
        assert [span.kind for span in spans if span.parent is None] == ["session"], "a session has exactly one root"
        known = {id(span) for span in spans}
        for span in spans:
            assert span.has_ended, f"{span} is still open"
            assert span.status != "unfinished", f"{span} was closed only because its parent ended"
            assert span.end_ns >= span.start_ns
            if span.parent is not None:
                assert id(span.parent) in known, f"the parent of {span} is in another session"
                assert span.start_ns >= span.parent.start_ns, f"{span} starts before its parent"
                assert span.end_ns <= span.parent.end_ns or span.outlived_parent, f"{span} ends after its parent"
    assert recorded.runtime.counts["ended twice"] == 0
    final = [(span_id, version) for span_id, version, has_ended in recorded.sink.puts if has_ended]
    assert len({span_id for span_id, _ in final}) == len(recorded.spans), "each span is handed over when it ends"


def _sentences(value: Any) -> Iterator[str]:
    """Yield the texts of more than one word in something that was recorded."""
    if isinstance(value, str):
        if " " in value.strip():
            yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _sentences(item)


class Conformance:
    """Conformance cases of one integration. What is not overridden of the optional runs is not tested."""

    integration: ClassVar[str]
    """Name of the integration."""
    plugin: ClassVar[str]
    """Module of its plugin, such as ``agentops_langchain.plugin``."""
    framework: ClassVar[str]
    """Top-level module of the framework."""

    def run(self) -> Any:
        """Run an agent once, synchronously if the framework can: with at least one model call and one tool call."""
        raise NotImplementedError

    async def run_async(self) -> Any:
        """Run the same agent asynchronously."""
        raise NotImplementedError

    async def run_streaming(self) -> Any:
        """Run the same agent with streaming, to the end of the stream."""
        raise NotImplementedError

    def run_failing(self) -> Any:
        """Run an agent whose tool or model raises, so that the framework raises to its caller."""
        raise NotImplementedError

    def patched(self) -> list[Any]:
        """Return what the integration patches or registers with: each must compare equal before and after."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _enabled(self) -> Iterator[None]:
        with recording():
            agentops.enable(self.integration)
        yield
        agentops.disable(self.integration)

    def test_tree_is_whole(self) -> None:
        """One root, every parent exists, children inside their parents' time, each span ended exactly once."""
        with recording() as recorded:
            self.run()
        check_tree(recorded)
        kinds = {span.kind for span in recorded.spans}
        assert {"agent", "llm", "tool"} <= kinds, f"a run has an agent, a model call and a tool call, not {kinds}"

    def test_async_and_streaming_give_the_same_tree(self) -> None:
        """Synchronous, asynchronous and streaming runs give the same tree."""
        trees = []
        with recording() as recorded:
            self.run()
        trees.append(recorded.outline())
        for variant in (self.run_async, self.run_streaming):
            with recording() as recorded:
                asyncio.run(variant())
            check_tree(recorded)
            trees.append(recorded.outline())
        assert trees[1] == trees[0]
        assert trees[2] == trees[0]

    def test_error_is_marked_and_passed_through(self) -> None:
        """The framework's own exception reaches the caller unchanged, and its span carries it."""
        agentops.disable(self.integration)
        with pytest.raises(Exception) as without:  # noqa: PT011 - which one is the framework's affair
            self.run_failing()
        with recording():
            agentops.enable(self.integration)
        with recording() as recorded, pytest.raises(type(without.value)) as with_us:
            self.run_failing()
        assert str(with_us.value) == str(without.value)
        failed = [span for span in recorded.spans if span.status == "error"]
        assert failed, "no span is marked as failed"
        assert all(span.error is not None and span.error.type and span.error.message for span in failed)
        assert any(span.error is not None and span.error.stack for span in failed)

    def test_concurrent_sessions_do_not_mix(self) -> None:
        """Runs in sessions of four threads give four whole, equal trees."""
        with recording() as recorded:
            threads = [threading.Thread(target=agentops.session(self.run)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        check_tree(recorded)
        outlines = {recorded.outline(session) for session in recorded.sessions}
        assert len(recorded.sessions) == 4
        assert len(outlines) == 1, "\n---\n".join(outlines)

    def test_concurrent_tasks_do_not_mix(self) -> None:
        """Runs in sessions of four asyncio tasks give four whole, equal trees."""

        async def all_at_once() -> None:
            await asyncio.gather(*(agentops.session(self.run_async)() for _ in range(4)))

        with recording() as recorded:
            asyncio.run(all_at_once())
        check_tree(recorded)
        outlines = {recorded.outline(session) for session in recorded.sessions}
        assert len(recorded.sessions) == 4
        assert len(outlines) == 1, "\n---\n".join(outlines)

    def test_recording_failure_does_not_reach_the_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When nothing can be recorded any more, the run returns what it returns without us."""
        agentops.disable(self.integration)
        expected = self.run()
        with recording():
            agentops.enable(self.integration)

        def broken(*args: object, **kwargs: object) -> None:
            raise RuntimeError("recording is broken")

        with recording(is_loud=False) as recorded:
            monkeypatch.setattr(recorded.sink, "put", broken)
            actual = self.run()
            assert guard.state.failures, "the failure was meant to happen"
            monkeypatch.undo()
            guard.state.forget()
        assert self.comparable(actual) == self.comparable(expected)

    def test_without_a_session_nothing_is_recorded(self) -> None:
        """Where a run belongs to no session it returns what it returns without us, and no handler stumbles over it."""
        agentops.disable(self.integration)
        expected = self.run()
        with recording():
            agentops.enable(self.integration)
        with recording(auto_start_session=False) as recorded:
            actual = self.run()
        assert recorded.spans == []
        assert self.comparable(actual) == self.comparable(expected)

    def test_content_stays_out_when_it_is_not_wanted(self) -> None:
        """With ``capture_content="metadata_only"`` no sentence that was said is in any span, under any name."""
        with recording() as recorded:
            self.run()
        said = {text for span in recorded.spans for text in _sentences([span.input, span.output])}
        assert said, "somebody says something in each run"
        with recording(capture_content="metadata_only") as recorded:
            self.run()
        kept = str([(span.name, span.attributes, span.input, span.output) for span in recorded.spans])
        assert [text for text in said if text in kept] == []

    def comparable(self, result: Any) -> Any:
        """Reduce a run's result to what is the same in each run; override where results carry ids."""
        return str(result)

    def test_disabled_leaves_the_framework_as_it_was(self) -> None:
        """Enabling and disabling leaves everything that was patched as it was, and nothing is recorded."""
        agentops.disable(self.integration)
        before = self.patched()
        with recording():
            agentops.enable(self.integration)
        agentops.disable(self.integration)
        after = self.patched()
        assert len(before) == len(after)
        assert all(now is then or now == then for now, then in zip(after, before, strict=True))
        with recording() as recorded:
            self.run()
        ours = [span for span in recorded.spans if span.origin == self.integration]
        assert ours == []

    def test_nothing_is_imported_early(self) -> None:
        """Importing the plugin and its package imports no framework."""
        package = self.plugin.partition(".")[0]
        code = (
            f"import sys, importlib; importlib.import_module({package!r}); importlib.import_module({self.plugin!r}); "
            f"assert {self.framework!r} not in sys.modules, 'imported early'"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

    def test_described(self) -> None:
        """The plugin describes the integration under its name, and its install can be called again."""
        module = importlib.import_module(self.plugin)
        names = [item.name for item in module.agentops_integrations()]
        assert self.integration in names
        assert plugins.entries[self.integration].state == "enabled"
