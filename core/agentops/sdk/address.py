"""URLs as they may be written down and shown."""

__all__ = ["without_login"]


def without_login(url: str) -> str:
    """Return a URL without the user and password that it may hold."""
    scheme, sign, rest = url.partition("://") if "://" in url else ("", "", url)
    end = min((place for place in map(rest.find, "/?#") if place >= 0), default=len(rest))
    return f"{scheme}{sign}{rest[:end].rpartition('@')[2]}{rest[end:]}"
