"""The door of a server with a login: who comes in, to which project, to do what, and how often."""

from agentops_dashboard.door.door import Door
from agentops_dashboard.door.settings import ServerSettings

__all__ = ["Door", "ServerSettings"]
