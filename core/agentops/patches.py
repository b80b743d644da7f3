"""Replacing a framework's functions, and putting back exactly what was there."""

import weakref
from collections.abc import Callable
from functools import partial
from types import CellType
from typing import Any, Final

__all__ = ["Patches"]

_INHERITED: Final = object()


class Patches:
    """The functions that an integration has replaced.

    A replacement asks ``is_active`` and calls the original when it is not: another library may have wrapped it
    meanwhile, and then it stays in place, but does nothing.
    """

    def __init__(self) -> None:
        self.is_active = True
        self._done: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> bool:
        """Put ``make(original)`` in the place of an attribute; False where this version of the framework has none.

        Args:
            owner: Class, module or object.
            name: The attribute's name.
            make: Called once with what is there now; returns what shall be there.
        """
        original = getattr(owner, name, _INHERITED)
        if original is _INHERITED:
            return False
        before = vars(owner).get(name, _INHERITED)
        replacement = make(original)
        setattr(owner, name, replacement)
        # A class that a program makes as it runs must be able to go, so it is not held.
        holder = weakref.ref(owner) if isinstance(owner, type) else lambda: owner
        self._done.append(partial(_put_back, holder, name, before, replacement))
        return True

    def replace_inside(self, function: Any, name: str, make: Callable[[Any], Any]) -> bool:
        """Put ``make(original)`` in the place of a variable that a function has closed over.

        For decorated functions that programs import by name before anybody can replace them: the function stays the
        object that it is, and only what it calls inside is another.
        """
        names = getattr(getattr(function, "__code__", None), "co_freevars", ())
        if name not in names:
            return False
        cell = function.__closure__[names.index(name)]
        original = cell.cell_contents
        replacement = make(original)
        cell.cell_contents = replacement
        self._done.append(partial(_put_back_inside, cell, original, replacement))
        return True

    def undo(self) -> None:
        """Put everything back, the last first. What somebody else has wrapped since is left to them."""
        self.is_active = False
        while self._done:
            self._done.pop()()


def _put_back(holder: Callable[[], Any], name: str, before: object, replacement: object) -> None:
    owner = holder()
    if owner is None or vars(owner).get(name) is not replacement:
        return
    if before is _INHERITED:
        delattr(owner, name)
    else:
        setattr(owner, name, before)


def _put_back_inside(cell: CellType, original: object, replacement: object) -> None:
    if cell.cell_contents is replacement:
        cell.cell_contents = original
