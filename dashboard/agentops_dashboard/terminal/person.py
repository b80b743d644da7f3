"""Who is at the terminal."""

import getpass

__all__ = ["person_here"]


def person_here() -> str:
    """The system's user, as the record of who did what names them."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        name = "somebody"
    return f"{name} (command line)"
