"""``Client``, at the address where AgentOps' users know it: the functions of ``agentops`` as an object."""

from typing import Any

from agentops.sdk import api, process
from agentops.sdk.config import Config, config_from_environment
from agentops.sdk.session import Session

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

    def init(self, *args: Any, **settings: Any) -> Session | None:
        """Do what ``agentops.init()`` does."""
        return api.init(*args, **settings)

    def configure(self, **settings: Any) -> None:
        """Do what ``agentops.configure()`` does."""
        api.configure(**settings)

    def start_session(self, *args: Any, **options: Any) -> Session:
        """Do what ``agentops.start_session()`` does."""
        return api.start_session(*args, **options)

    def end_session(self, *args: Any, **options: Any) -> None:
        """Do what ``agentops.end_session()`` does."""
        api.end_session(*args, **options)


_the_client = Client()


def get_client() -> Client:
    """Return the process's client."""
    return _the_client
