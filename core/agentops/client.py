"""``Client``, at the address where AgentOps' users know it: the functions of ``agentops`` as an object."""

from agentops.sdk import api, process
from agentops.sdk.config import Config, config_from_environment

__all__ = ["Client", "get_client"]


class Client:
    """Another way to call the functions of ``agentops``. All clients are alike: a process has one recorder."""

    @property
    def initialized(self) -> bool:
        """Whether ``init()`` was called, or something was recorded without it."""
        return process.current() is not None

    @property
    def config(self) -> Config:
        """The settings in force."""
        runtime = process.current()
        return runtime.config if runtime is not None else config_from_environment()

    init = staticmethod(api.init)
    configure = staticmethod(api.configure)
    start_session = staticmethod(api.start_session)
    end_session = staticmethod(api.end_session)


_the_client = Client()


def get_client() -> Client:
    """Return the process's client."""
    return _the_client
