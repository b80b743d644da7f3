"""The accounts of a home directory."""

from pathlib import Path

from agentops_dashboard.accounts.audit import Audit
from agentops_dashboard.accounts.keys import Keys
from agentops_dashboard.accounts.logins import Logins
from agentops_dashboard.accounts.projects import Projects
from agentops_dashboard.accounts.users import Users
from agentops_dashboard.store.database import Database

__all__ = ["Accounts", "accounts_path"]


def accounts_path(home: Path) -> Path:
    """Return the accounts' file under a home directory."""
    return home / "accounts.sqlite"


class Accounts:
    """All about who may use a server.

    Args:
        path: The file; it is made.

    Raises:
        StoreError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, "agentops_dashboard.accounts")
        self.projects = Projects(self._database)
        self.users = Users(self._database)
        self.logins = Logins(self._database, self.users)
        self.keys = Keys(self._database)
        self.audit = Audit(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
