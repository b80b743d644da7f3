"""The exceptions that agentops raises while it is being set up. Recording never raises."""

__all__ = ["AgentOpsError", "ConfigurationError", "MissingExtraError", "PluginError", "StoreError", "ValidationError"]


class AgentOpsError(Exception):
    """Base of every exception that agentops raises."""


class ConfigurationError(AgentOpsError, ValueError):
    """A setting or argument has a value that cannot be used."""


class MissingExtraError(AgentOpsError, ImportError):
    """Something needs a package that is installed with an extra."""


class PluginError(AgentOpsError):
    """A plugin or integration cannot be used."""


class StoreError(AgentOpsError):
    """A store of sessions cannot be opened or understood."""


class ValidationError(AgentOpsError, AssertionError):
    """A recorded session is not as ``validate_trace_spans`` was told to expect it."""
