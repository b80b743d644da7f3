"""Tags: what callers may write, and the list of strings that is recorded."""

from collections.abc import Iterable, Mapping

from agentops.errors import ConfigurationError

__all__ = ["Tags", "normalize_tags"]

Tags = Iterable[str] | Mapping[str, object]


def normalize_tags(tags: object) -> list[str]:
    """Return tags as a list without repeats, in the order given.

    A mapping becomes ``key:value`` tags. A single string is one tag.

    Raises:
        ConfigurationError: Something in it is not text.
    """
    if tags is None:
        return []
    if isinstance(tags, str):
        return [tags]
    if isinstance(tags, Mapping):
        return [f"{key}:{value}" for key, value in tags.items()]
    if not isinstance(tags, Iterable):
        raise ConfigurationError(f"tags must be a list of strings or a mapping, not {tags!r}; use [{str(tags)!r}].")
    result: dict[str, None] = {}
    for tag in tags:
        if not isinstance(tag, str):
            raise ConfigurationError(f"tags must be strings, but {tag!r} is {type(tag).__name__}; write {str(tag)!r}.")
        result[tag] = None
    return list(result)
