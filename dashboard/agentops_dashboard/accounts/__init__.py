"""Who may use a server: projects, users and their roles, who is signed in, API keys, and the record of what was done.

They live in a file of their own beside the spool, so they are the same whatever engine holds the sessions.
"""

from agentops_dashboard.accounts.accounts import Accounts, accounts_path
from agentops_dashboard.accounts.audit import Actor, Entry
from agentops_dashboard.accounts.errors import AccountError
from agentops_dashboard.accounts.keys import Key
from agentops_dashboard.accounts.logins import Login
from agentops_dashboard.accounts.projects import Project
from agentops_dashboard.accounts.users import User

__all__ = ["AccountError", "Accounts", "Actor", "Entry", "Key", "Login", "Project", "User", "accounts_path"]
