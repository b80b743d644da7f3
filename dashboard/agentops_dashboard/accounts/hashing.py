"""What is kept of a secret."""

import hashlib

__all__ = ["secret_hash"]


def secret_hash(secret: str) -> bytes:
    """What is kept of a key or cookie. These hold 256 random bits, so a fast hash cannot be guessed back.

    It is looked up in an index: how long that takes says something of the hash at most, and nothing of the secret.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
