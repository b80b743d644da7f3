"""Patching methods that subclasses override: on a class and on all that derive from it, now or later."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentops.patches import Patches
from agentops.sdk.guard import guard

__all__ = ["patch_family", "patch_methods"]

Wraps = Mapping[str, Callable[[Any], Any]]


def patch_methods(patches: Patches, cls: type, wraps: Wraps) -> None:
    """Replace those of these methods that the class itself defines."""
    for name, wrap in wraps.items():
        own = vars(cls).get(name)
        if inspect.isfunction(own) and not getattr(own, "__isabstractmethod__", False):
            patches.replace(cls, name, wrap)


def patch_family(patches: Patches, base: type, wraps: Wraps) -> None:
    """Replace these methods wherever a class of the family defines them."""
    for cls in _with_subclasses(base):
        patch_methods(patches, cls, wraps)
    own = vars(base).get("__init_subclass__")

    def notice(cls: type, /, **kwargs: Any) -> None:
        if own is None:
            super(base, cls).__init_subclass__(**kwargs)  # type: ignore[arg-type]  # mypy takes cls for an instance
        else:
            own.__get__(None, cls)(**kwargs)
        if patches.is_active:
            with guard("families.patch"):
                patch_methods(patches, cls, wraps)

    patches.replace(base, "__init_subclass__", lambda _: classmethod(notice))


def _with_subclasses(base: type) -> Iterator[type]:
    seen = {base}
    pending = [base]
    while pending:
        cls = pending.pop()
        yield cls
        subclasses: list[type] = type.__subclasses__(cls)
        new = [subclass for subclass in subclasses if subclass not in seen]
        seen.update(new)
        pending.extend(new)
