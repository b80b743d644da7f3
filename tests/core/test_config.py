"""Settings: each one is read by something, and honoured from argument and environment, or refused."""

import ast
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import agentops
from agentops.sdk.arguments import FurtherSettings, Settings
from agentops.sdk.config import Config, config_from_environment, updated, usable
from tests.house import ROOT
from tests.spooled import read_spool, run_program

DOCUMENTED_BY_AGENTOPS = [
    "API_KEY",
    "API_ENDPOINT",
    "APP_URL",
    "MAX_WAIT_TIME",
    "EXPORT_FLUSH_INTERVAL",
    "MAX_QUEUE_SIZE",
    "DEFAULT_TAGS",
    "TRACE_NAME",
    "INSTRUMENT_LLM_CALLS",
    "AUTO_START_SESSION",
    "AUTO_INIT",
    "SKIP_AUTO_END_SESSION",
    "ENV_DATA_OPT_OUT",
    "LOG_LEVEL",
    "FAIL_SAFE",
    "PREFETCH_JWT_TOKEN",
    "LOG_SESSION_REPLAY_URL",
    "EXPORTER_ENDPOINT",
    "LOGGING_TO_FILE",
]
AGENTOPS_ORDER = [
    "api_key",
    "endpoint",
    "app_url",
    "max_wait_time",
    "max_queue_size",
    "tags",
    "default_tags",
    "trace_name",
    "instrument_llm_calls",
    "auto_start_session",
    "auto_init",
    "skip_auto_end_session",
    "env_data_opt_out",
    "log_level",
    "fail_safe",
    "log_session_replay_url",
    "exporter_endpoint",
]

SAMPLES: Mapping[str, tuple[str, Any]] = {
    "api_key": ("k", "k"),
    "endpoint": ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
    "exporter_endpoint": ("http://127.0.0.1:1/v1/traces", "http://127.0.0.1:1/v1/traces"),
    "exporter_headers": ("A=1, B=x=y", (("A", "1"), ("B", "x=y"))),
    "app_url": ("https://a.example", "https://a.example"),
    "default_tags": ("a, b", ("a", "b")),
    "trace_name": ("n", "n"),
    "log_level": ("debug", "DEBUG"),
    "logging_to_file": ("/x/y.log", "/x/y.log"),
    "capture_content": ("OFF", "off"),
    "integrations": ("crewai,langchain", ("crewai", "langchain")),
    "disabled_plugins": ("crewai", ("crewai",)),
    "home": ("/x", Path("/x")),
    "environment": ("prod", "prod"),
    "service_name": ("s", "s"),
    "service_version": ("1", "1"),
}


def _read_somewhere() -> set[str]:
    """Names of attributes that core reads, the settings' own module left out."""
    found: set[str] = set()
    for path in (ROOT / "core" / "agentops").rglob("*.py"):
        if path.name == "config.py":
            continue
        tree = ast.parse(path.read_text())
        found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return found


def _sample(name: str) -> tuple[str, Any]:
    default = getattr(Config(), name)
    if name in SAMPLES:
        return SAMPLES[name]
    return (str(not default).lower(), not default) if isinstance(default, bool) else ("7", 7)


@pytest.mark.parametrize("name", [item.name for item in fields(Config)])
def test_every_setting_is_read_by_something(name: str) -> None:
    """A setting that is parsed and then forgotten is a lie; eight of AgentOps' were."""
    aliases = {"capture_content": "captures_content", "fail_safe": "fail_safe"}
    read = _read_somewhere()
    if name == "fail_safe":
        assert "is_fail_safe" in (ROOT / "core/agentops/sdk/setup.py").read_text()
        return
    assert name in read or aliases.get(name) in read


@pytest.mark.parametrize("name", [item.name for item in fields(Config)])
def test_every_setting_is_taken_from_its_variable_and_from_its_argument(name: str) -> None:
    """Both ways give the same value, and an argument wins over the variable."""
    variable = next(item.metadata["variable"] for item in fields(Config) if item.name == name)
    text, value = _sample(name)
    assert getattr(config_from_environment({variable: text}), name) == value
    assert getattr(updated(Config(), {name: text}), name) == value
    assert getattr(updated(config_from_environment({variable: text}), {name: value}), name) == value


@pytest.mark.parametrize("name", DOCUMENTED_BY_AGENTOPS)
def test_every_variable_that_agentops_documents_is_known(name: str) -> None:
    """None is silently without meaning."""
    assert f"AGENTOPS_{name}" in {item.metadata["variable"] for item in fields(Config)}


def test_init_takes_what_agentops_took_in_the_same_order() -> None:
    """Calls that give arguments by position mean the same here."""
    code = agentops.init.__code__
    assert list(code.co_varnames[: code.co_argcount]) == AGENTOPS_ORDER


def test_the_types_of_settings_name_every_setting_and_no_other() -> None:
    """An editor offers what there is: the arguments of ``init()`` and further ones by name, ``configure()`` all."""
    given = set(AGENTOPS_ORDER)
    further = set(FurtherSettings.__annotations__)
    assert given & further == set()
    assert given | further == set(get_type_hints(Settings)) == {item.name for item in fields(Config)} | {"tags"}


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        (
            "AGENTOPS_MAX_QUEUE_SIZE",
            "-1",
            "AGENTOPS_MAX_QUEUE_SIZE='-1' cannot be used: it must be a whole number above 0.",
        ),
        ("AGENTOPS_AUTO_INIT", "maybe", "AGENTOPS_AUTO_INIT='maybe' cannot be used: it must be true or false."),
        ("AGENTOPS_API_ENDPOINT", "example.com", "it must be a URL that starts with http:// or https://."),
        ("AGENTOPS_CAPTURE_CONTENT", "some", "it must be full or metadata_only or off."),
        ("AGENTOPS_LOG_LEVEL", "loud", "it must be DEBUG, INFO, WARNING, ERROR or CRITICAL."),
        ("AGENTOPS_EXPORTER_HEADERS", "nonsense", "it must be a mapping, or text such as `Authorization=Basic abc"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(variable: str, text: str, message: str) -> None:
    """The message names the variable, the value, and what it has to be."""
    with pytest.raises(agentops.ConfigurationError) as caught:
        config_from_environment({variable: text})
    assert message in str(caught.value)


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_fail_safe_logs_what_is_wrong_and_keeps_the_rest(way: str, agentops_home: Path) -> None:
    """A typo in one setting does not stop the program, nor lose the other settings."""
    argument = "fail_safe=True, " if way == "argument" else ""
    environment = {} if way == "argument" else {"AGENTOPS_FAIL_SAFE": "true"}
    done = run_program(
        f"import agentops\nagentops.init({argument}tags=['a'], max_queue_size='many', trace_nam='x', trace_name='n')",
        AGENTOPS_LOG_LEVEL="nonsense",
        **environment,
    )
    assert "cannot be used" in done.stderr
    [session] = read_spool(agentops_home).sessions
    assert (session.name, session.tags) == ("n", ("a",))


def test_usable_leaves_out_only_what_is_wrong() -> None:
    """Each setting is judged by itself."""
    config = usable({"trace_name": "n", "unknown": 1}, {"AGENTOPS_MAX_QUEUE_SIZE": "x", "AGENTOPS_AUTO_INIT": "no"})
    assert (config.trace_name, config.auto_init, config.max_queue_size) == ("n", False, Config().max_queue_size)


@pytest.mark.parametrize(
    ("given", "file"), [("true", "home"), ("false", None), ("{tmp}/mine.log", "mine"), ("/proc/nowhere/x.log", None)]
)
def test_a_log_file_is_appended_to_where_it_was_asked_for(
    given: str, file: str | None, tmp_path: Path, agentops_home: Path
) -> None:
    """Never in the working directory, never over what was there, and one that cannot be opened stops nothing."""
    paths = {"home": agentops_home / "agentops.log", "mine": tmp_path / "mine.log"}
    agentops_home.mkdir()
    for path in paths.values():
        path.write_text("before\n")
    done = run_program(
        f"import os; os.chdir({str(tmp_path)!r})\nimport agentops\nagentops.init()\nagentops.end_session(agentops)\n"
        "agentops.record(1)\nprint('done')",
        AGENTOPS_LOGGING_TO_FILE=given.format(tmp=tmp_path),
    )
    assert done.stdout == "done\n"
    written = {name for name, path in paths.items() if path.read_text() != "before\n"}
    assert written == ({file} if file else set())
    assert all(path.read_text().startswith("before\n") for path in paths.values())
    assert sorted(item.name for item in tmp_path.iterdir()) == ["agentops-home", "mine.log"]
