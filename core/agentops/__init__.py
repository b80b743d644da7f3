"""agentops records what AI agents do as sessions, and shows why one broke."""

from agentops.errors import AgentOpsError, ConfigurationError, MissingExtraError, PluginError
from agentops.hookspecs import Integration, hookimpl
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
    start_session,
    start_trace,
    update_trace_metadata,
)
from agentops.sdk.config import Config
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
from agentops.sdk.model_call import ModelCall
from agentops.sdk.recorder import Recorder
from agentops.sdk.session import Session
from agentops.sdk.span import ErrorInfo, Span
from agentops.sdk.states import TraceState
from agentops.version import __version__

SUCCESS = TraceState.SUCCESS
ERROR = TraceState.ERROR
UNSET = TraceState.UNSET

__all__ = [
    "ERROR",
    "SUCCESS",
    "UNSET",
    "AgentOpsError",
    "Config",
    "ConfigurationError",
    "ErrorInfo",
    "Integration",
    "MissingExtraError",
    "ModelCall",
    "PluginError",
    "Recorder",
    "Session",
    "Span",
    "TraceState",
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
    "guard",
    "guarded",
    "guardrail",
    "hookimpl",
    "init",
    "operation",
    "session",
    "start_session",
    "start_trace",
    "task",
    "tool",
    "trace",
    "update_trace_metadata",
    "workflow",
]
