"""Passwords: hashed with Argon2id, never more than a few at a time."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agentops_dashboard.accounts.errors import AccountError

__all__ = ["hash_password", "is_password", "needs_new_hash"]

_SHORTEST: Final = 10
_LONGEST: Final = 1000
_hasher: Final = PasswordHasher()
# Each takes 64 MiB for some 50 ms: many sign-ins at once must not fill the memory.
_turn: Final = threading.BoundedSemaphore(2)
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$WWZPiOUQBlkxsJc1MyPsXA$YWJ0/3CLrUTTQWuqmnNiQun2ri7taZ15fCEE5i6sl54"
"""What nobody's password is compared with, so that an unknown name takes as long as a wrong password."""


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        AccountError: It is too short or too long.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise AccountError(f"a password needs {_SHORTEST} to {_LONGEST} characters, not {len(password)}.")
    with _turn:
        return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is none to compare with."""
    if len(password) > _LONGEST:
        return False
    with _turn:
        try:
            _hasher.verify(kept or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def needs_new_hash(kept: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)
