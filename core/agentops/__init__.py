"""agentops records what AI agents do as sessions, and shows why one broke."""

import importlib
from typing import TYPE_CHECKING, Any

from agentops.errors import AgentOpsError, ConfigurationError, MissingExtraError, PluginError, ValidationError
from agentops.sdk.api import (
    configure,
    current_session,
    disable,
    enable,
    end_all_sessions,
    end_session,
    end_trace,
    flush,
    init,
    is_enabled,
    start_session,
    start_trace,
    update_trace_metadata,
)
from agentops.sdk.context import activate, current_span
from agentops.sdk.decorators import (
    agent,
    chain,
    guardrail,
    operation,
    session,
    task,
    tool,
    trace,
    workflow,
)
from agentops.sdk.guard import guard, guarded
from agentops.sdk.session import Session
from agentops.sdk.span import ErrorInfo, Span
from agentops.sdk.states import TraceState
from agentops.version import __version__

if TYPE_CHECKING:
    from agentops import propagation
    from agentops.client import Client, get_client
    from agentops.hookspecs import Integration, hookimpl
    from agentops.sdk.config import Config
    from agentops.sdk.endpoints import track_endpoint
    from agentops.sdk.events import ActionEvent, ErrorEvent, LLMEvent, ToolEvent, record, track_agent, track_tool
    from agentops.sdk.model_call import ModelCall
    from agentops.sdk.recorder import Recorder
    from agentops.validation import print_validation_summary, validate_trace_spans

SUCCESS = TraceState.SUCCESS
ERROR = TraceState.ERROR
UNSET = TraceState.UNSET

_LATE = {
    "ActionEvent": "agentops.sdk.events",
    "Client": "agentops.client",
    "Config": "agentops.sdk.config",
    "ErrorEvent": "agentops.sdk.events",
    "Integration": "agentops.hookspecs",
    "LLMEvent": "agentops.sdk.events",
    "ModelCall": "agentops.sdk.model_call",
    "Recorder": "agentops.sdk.recorder",
    "ToolEvent": "agentops.sdk.events",
    "get_client": "agentops.client",
    "hookimpl": "agentops.hookspecs",
    "print_validation_summary": "agentops.validation",
    "record": "agentops.sdk.events",
    "track_agent": "agentops.sdk.events",
    "track_endpoint": "agentops.sdk.endpoints",
    "track_tool": "agentops.sdk.events",
    "validate_trace_spans": "agentops.validation",
}
"""Names that most programs do without, and where they are: loaded when they are first used."""


def __getattr__(name: str) -> Any:
    if name == "propagation":
        return importlib.import_module("agentops.propagation")
    if name not in _LATE:
        raise AttributeError(f"module 'agentops' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)


__all__ = [
    "ERROR",
    "SUCCESS",
    "UNSET",
    "ActionEvent",
    "AgentOpsError",
    "Client",
    "Config",
    "ConfigurationError",
    "ErrorEvent",
    "ErrorInfo",
    "Integration",
    "LLMEvent",
    "MissingExtraError",
    "ModelCall",
    "PluginError",
    "Recorder",
    "Session",
    "Span",
    "ToolEvent",
    "TraceState",
    "ValidationError",
    "__version__",
    "activate",
    "agent",
    "chain",
    "configure",
    "current_session",
    "current_span",
    "disable",
    "enable",
    "end_all_sessions",
    "end_session",
    "end_trace",
    "flush",
    "get_client",
    "guard",
    "guarded",
    "guardrail",
    "hookimpl",
    "init",
    "is_enabled",
    "operation",
    "print_validation_summary",
    "propagation",
    "record",
    "session",
    "start_session",
    "start_trace",
    "task",
    "tool",
    "trace",
    "track_agent",
    "track_endpoint",
    "track_tool",
    "update_trace_metadata",
    "validate_trace_spans",
    "workflow",
]
