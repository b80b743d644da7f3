"""Plugins: found, described, switched on when their framework is imported, and off without a trace."""

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import agentops
from agentops.plugins import Plugins, PluginState
from agentops.plugins import plugins as installed
from agentops.sdk import process
from agentops.sdk.config import Config, updated
from agentops.sdk.recorder import Recorder
from agentops.testing import MemorySink, recording
from tests.spooled import run_program


@pytest.fixture
def plugins() -> Iterator[Plugins]:
    """Plugins of the test alone, with none installed."""
    found = Plugins()
    found._has_discovered = True
    yield found
    found.disable()


@pytest.fixture
def framework(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A framework that can be imported, once per test."""
    (tmp_path / "a_framework.py").write_text("import a_framework_part\nclass Agent: ...\n")
    (tmp_path / "a_framework_part.py").write_text(
        "import sys\nwas_half_made = not hasattr(sys.modules['a_framework'], 'Agent')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "a_framework"
    for name in ("a_framework", "a_framework_part"):
        sys.modules.pop(name, None)


def _integration(log: list[str], name: str = "one", **given: object) -> agentops.Integration:
    def install(recorder: Recorder) -> Callable[[], None]:
        log.append(f"{name} on")
        return lambda: log.append(f"{name} off")

    values = {"name": name, "distribution": "pytest", "trigger": "a_framework", "install": install, **given}
    return agentops.Integration(**values)  # type: ignore[arg-type]


def _plugin(*integrations: agentops.Integration, **hooks: object) -> object:
    return SimpleNamespace(agentops_integrations=agentops.hookimpl(lambda: integrations), **hooks)


def test_it_waits_for_the_completed_import_and_leaves_no_finder(plugins: Plugins, framework: str) -> None:
    """Activated when the module is whole; the module's loader is its own, and ``sys.meta_path`` as it was."""
    log: list[str] = []
    finders = list(sys.meta_path)
    plugins.register(_plugin(_integration(log, probe="Agent")), "one")
    with recording():
        plugins.activate(Config())
        assert plugins.entries["one"].reason == "waits for `import a_framework`"
        assert log == []
        module = importlib.import_module(framework)
    assert log == ["one on"]
    assert plugins.entries["one"].state == PluginState.ENABLED
    assert sys.modules["a_framework_part"].was_half_made
    assert type(module.__loader__).__module__ == type(module.__spec__.loader).__module__ == "_frozen_importlib_external"  # type: ignore[union-attr]
    assert sys.meta_path == finders


def test_two_that_wait_for_one_module_do_not_shut_each_other_out(plugins: Plugins, framework: str) -> None:
    """Disabling one leaves the other waiting."""
    log: list[str] = []
    plugins.register(_plugin(_integration(log, "one"), _integration(log, "two")), "both")
    with recording():
        plugins.activate(Config())
        plugins.disable("one")
        importlib.import_module(framework)
    assert log == ["two on"]


def test_disabling_before_the_import_takes_the_finder_away(plugins: Plugins) -> None:
    """Nothing is left on ``sys.meta_path`` that would still wait."""
    finders = list(sys.meta_path)
    plugins.register(_plugin(_integration([])), "one")
    with recording():
        plugins.activate(Config())
    assert sys.meta_path != finders
    plugins.disable()
    assert sys.meta_path == finders


@pytest.mark.parametrize(
    ("given", "settings", "state", "reason"),
    [
        ({}, {"disabled_plugins": "one"}, "blocked", "named in disabled_plugins"),
        ({}, {"integrations": "other"}, "blocked", "not among the chosen integrations"),
        ({}, {"instrument_llm_calls": False}, "blocked", "instrument_llm_calls is off"),
        ({"distribution": "no-such"}, {}, "framework absent", "no-such is not installed"),
        ({"minimum": "999.1"}, {}, "too old", "is older than 999.1"),
        ({"is_builtin": True}, {"integrations": "other", "instrument_llm_calls": False}, "ready", "waits for"),
    ],
)
def test_each_state_has_its_reason(
    given: dict[str, object], settings: dict[str, object], state: str, reason: str, plugins: Plugins
) -> None:
    """Why an integration is off can be read, not guessed; a built-in one is on whichever are chosen."""
    plugins.register(_plugin(_integration([], **given)), "one")
    plugins.activate(updated(Config(), settings))
    entry = plugins.entries["one"]
    assert entry.state == state
    assert reason in entry.reason


def test_enable_by_name_imports_the_framework_and_disable_undoes_once(plugins: Plugins, framework: str) -> None:
    """Enabling twice installs once; disabling twice undoes once; it can be enabled again."""
    log: list[str] = []
    plugins.register(_plugin(_integration(log)), "one")
    with recording():
        for _ in range(2):
            plugins.enable("one")
        for _ in range(2):
            plugins.disable("one")
        plugins.enable("one")
    assert log == ["one on", "one off", "one on"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"distribution": "no-such"}, "no-such is not installed; run: pip install 'agentops[one]'"),
        ({"distribution": "no-such", "extra": "x"}, r"pip install 'agentops\[x\]'"),
        ({"minimum": "999"}, "is older than 999; run: pip install"),
        ({"probe": "Missing"}, "has no Missing, so it is another package"),
        ({"trigger": "no_such_module"}, "importing no_such_module failed"),
    ],
)
def test_enable_says_why_it_cannot(given: dict[str, object], message: str, plugins: Plugins, framework: str) -> None:
    """With the command that would help, where one would."""
    plugins.register(_plugin(_integration([], **given)), "one")
    with recording(), pytest.raises(agentops.PluginError, match=message.replace("[one]", r"\[one\]")):
        plugins.enable("one")


def test_an_unknown_name_is_answered_with_the_known_ones(plugins: Plugins) -> None:
    """A typo is found without reading the source."""
    plugins.register(_plugin(_integration([])), "one")
    with pytest.raises(agentops.PluginError, match="there is no integration 'onne'; known are: one"):
        plugins.enable("onne")


def test_one_that_fails_is_said_once_and_the_others_go_on(
    plugins: Plugins, framework: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In describing, in installing, or in undoing."""
    log: list[str] = []

    def broken(*_: object) -> Callable[[], None]:
        raise RuntimeError("broken plugin")

    plugins.register(SimpleNamespace(agentops_integrations=agentops.hookimpl(broken)), "cannot describe")
    plugins.register(_plugin(_integration(log, "bad", install=broken)), "cannot install")
    plugins.register(_plugin(_integration(log, "stuck", install=lambda _: broken)), "cannot undo")
    plugins.register(_plugin(_integration(log)), "good")
    with recording():
        plugins.activate(Config())
        importlib.import_module(framework)
        plugins.disable()
    assert log == ["one on", "one off"]
    assert plugins.entries["bad"].reason == "RuntimeError: broken plugin"
    assert plugins.failures == {"cannot describe": "RuntimeError: broken plugin"}
    assert "stuck could not be disabled completely" in caplog.text


def test_one_that_supersedes_another_takes_its_place(plugins: Plugins, framework: str) -> None:
    """In either order of enabling, only the one that records more is on."""
    log: list[str] = []
    small, large = _integration(log, "small"), _integration(log, "large", supersedes=("small",))
    plugins.register(_plugin(small, large), "both")
    with recording():
        plugins.activate(Config())
        importlib.import_module(framework)
    assert log == ["small on", "small off", "large on"]
    assert plugins.entries["large"].state == PluginState.ENABLED
    plugins.disable("large")
    with recording():
        plugins.enable("large")
        plugins.activate(Config())
    assert plugins.entries["small"].state == PluginState.BLOCKED
    assert plugins.entries["small"].reason == "large records the same calls"


def test_a_hook_with_a_wrong_signature_is_refused_with_its_name(plugins: Plugins) -> None:
    """A stranger's mistake is found when the plugin is registered."""
    wrong = SimpleNamespace(agentops_session_started=agentops.hookimpl(lambda session_: None))
    with pytest.raises(agentops.PluginError, match="plugin 'wrong' cannot be used"):
        plugins.register(wrong, "wrong")


def test_what_later_settings_do_not_name_is_disabled(plugins: Plugins, framework: str) -> None:
    """Installed or still awaited, it is undone exactly; what ``enable()`` switched on stays until it is ruled out."""
    log: list[str] = []
    finders = list(sys.meta_path)
    names = ("one", "two", "by hand")
    plugins.register(_plugin(*[_integration(log, name) for name in names]), "three")
    plugins.register(_plugin(_integration(log, "late", trigger="never_imported")), "waits")
    with recording():
        importlib.import_module(framework)
        plugins.activate(updated(Config(), {"integrations": ["one", "two", "late"]}))
        assert sys.meta_path != finders
        plugins.enable("by hand")
        plugins.activate(updated(Config(), {"integrations": ["two"]}))
        assert log == ["one on", "two on", "by hand on", "one off"]
        assert sys.meta_path == finders
        states = {name: (entry.state, entry.reason) for name, entry in plugins.entries.items()}
        refused = (PluginState.BLOCKED, "not among the chosen integrations")
        assert states == {
            "one": refused,
            "two": (PluginState.ENABLED, ""),
            "by hand": (PluginState.ENABLED, ""),
            "late": refused,
        }
        plugins.activate(updated(Config(), {"disabled_plugins": ["by hand"]}))
        assert log[4:] == ["by hand off", "one on"]
        plugins.activate(updated(Config(), {"disabled": True}))
        assert log[6:] == ["one off", "two off"]
    assert sys.meta_path == finders


def test_an_integration_comes_back_when_the_one_that_superseded_it_is_no_longer_named(
    plugins: Plugins, framework: str
) -> None:
    """Settings that leave the larger one out give the calls to the smaller one again."""
    log: list[str] = []
    small, large = _integration(log, "small"), _integration(log, "large", supersedes=("small",))
    plugins.register(_plugin(small, large), "both")
    with recording():
        importlib.import_module(framework)
        plugins.activate(Config())
        plugins.activate(updated(Config(), {"integrations": ["small"]}))
    assert log == ["small on", "small off", "large on", "large off", "small on"]


def test_a_second_init_that_disables_recording_takes_everything_out() -> None:
    """``init(disabled=True)`` leaves no patch and no finder; ``init(disabled=False)`` puts them back."""
    run_program(
        textwrap.dedent("""
        import sys, threading
        import agentops
        def look():
            return dict(vars(threading.Thread)), list(sys.meta_path)
        before = look()
        agentops.init()
        assert look() != before
        agentops.init(disabled=True)
        assert look() == before
        agentops.init(disabled=False)
        assert look() != before
        """)
    )


HOOKS = """
    import agentops
    from agentops.plugins import plugins

    class Sink:
        def put(self, span): print("put", span.name, span.has_ended)
        def flush(self, timeout_s=None): return True
        def close(self, timeout_s): print("closed")

    class Strange:
        @agentops.hookimpl
        def agentops_exporters(self, config): return [Sink()]
        @agentops.hookimpl
        def agentops_span_filters(self, config): return [self.filter]
        @agentops.hookimpl
        def agentops_session_started(self, session): print("started", session.name)
        @agentops.hookimpl
        def agentops_session_ended(self, session): print("ended", session.name, session.state)
        def filter(self, record):
            record.attributes["mine"] = 1
            return record

    plugins.register(Strange(), "strange")
    agentops.init(auto_start_session=False)
    with agentops.start_session("s"): pass
"""


def test_hooks_of_a_stranger_are_called(agentops_home: Path) -> None:
    """Exporters beside the spool, filters before the disk, and the borders of sessions."""
    done = run_program(textwrap.dedent(HOOKS))
    lines = done.stdout.splitlines()
    # An exporter has a thread of its own, and gets a span that has begun and ended meanwhile once.
    borders = [line for line in lines if line in {"started s", "ended s success", "put s True"}]
    assert borders == ["started s", "ended s success", "put s True"]
    assert set(lines) - set(borders) <= {"put s False", "closed"}
    assert lines[-1] == "closed"
    [segment] = (agentops_home / "spool" / "local").glob("*.jsonl")
    assert b'{"key":"mine","value":{"intValue":"1"}}' in segment.read_bytes()


def test_hooks_of_a_blocked_plugin_are_not_called() -> None:
    """``disabled_plugins`` blocks the plugin, not only its integrations."""
    done = run_program(textwrap.dedent(HOOKS), AGENTOPS_DISABLED_PLUGINS="strange")
    assert done.stdout == ""


def test_disabling_everything_leaves_the_process_as_it_was() -> None:
    """No patched attribute, no finder, no thread; and what is recorded afterwards is recorded all the same."""
    run_program(
        textwrap.dedent("""
        import builtins, sys, threading, multiprocessing.process, concurrent.futures.process
        from concurrent.futures import ThreadPoolExecutor
        import agentops
        def look():
            return (
                dict(vars(threading.Thread)), dict(vars(ThreadPoolExecutor)), dict(vars(builtins)),
                dict(vars(multiprocessing.process.BaseProcess)), list(sys.meta_path), list(sys.path_hooks),
                dict(vars(concurrent.futures.process.ProcessPoolExecutor)), sys.excepthook, threading.excepthook,
                [thread.name for thread in threading.enumerate()],
            )
        before = look()
        agentops.init()
        step = agentops.operation(lambda: None)
        step()
        during = look()
        assert during[0] != before[0] and during[3] != before[3] and during[-1] != before[-1]
        agentops.disable()
        assert look() == before
        step()
        agentops.disable()
        assert look() == before
        """),
        AGENTOPS_API_ENDPOINT="http://127.0.0.1:9",
    )


def test_an_exporter_that_is_named_later_gets_spans_from_the_next_init_on() -> None:
    """Settings that change nothing but tags share the spool, unless a plugin has another place for spans meanwhile."""
    sink, given = MemorySink(), []
    plugin = SimpleNamespace(agentops_exporters=agentops.hookimpl(lambda: list(given)))
    installed.register(plugin, "exports-later")
    agentops.init(default_tags=["one"])
    given.append(sink)
    agentops.init(default_tags=["two"])
    with agentops.start_session("seen"):
        pass
    installed.manager.unregister(plugin)
    process.replace(None)
    assert [span.name for span in sink.spans] == ["seen"]
