"""Replacing a framework's functions, and putting them back."""

import gc
import weakref
from typing import Any

from agentops.patches import Patches


class Base:
    def ask(self) -> str:
        return "base"


class Client(Base):
    limit = 1

    def call(self) -> str:
        return "client"


def _louder(patches: Patches) -> Any:
    return lambda original: lambda self: original(self).upper() if patches.is_active else original(self)


def test_undo_leaves_owners_as_they_were() -> None:
    """What was the class's own is so again, and what was inherited is inherited again."""
    before = dict(vars(Client))
    patches = Patches()
    assert patches.replace(Client, "call", _louder(patches))
    assert patches.replace(Client, "ask", _louder(patches))
    assert (Client().call(), Client().ask(), Base().ask()) == ("CLIENT", "BASE", "base")
    patches.undo()
    assert dict(vars(Client)) == before
    assert (Client().call(), Client().ask()) == ("client", "base")


def test_what_a_version_lacks_is_left_alone() -> None:
    """A framework without the attribute gets none."""
    patches = Patches()
    assert not patches.replace(Client, "stream", _louder(patches))
    patches.undo()
    assert not hasattr(Client, "stream")


def test_patched_twice_comes_back_in_one_go() -> None:
    """Undoing goes backwards, so that the first original is what stays."""
    original = Client.call
    patches = Patches()
    patches.replace(Client, "call", _louder(patches))
    patches.replace(Client, "call", lambda inner: lambda self: f"<{inner(self)}>")
    assert Client().call() == "<CLIENT>"
    patches.undo()
    assert Client.call is original


def test_a_wrapper_of_somebody_else_stays() -> None:
    """What another library has put over ours is left to it, and ours under it does nothing any more."""
    own = Client.call
    patches = Patches()
    patches.replace(Client, "call", _louder(patches))
    ours = Client.call
    try:
        Client.call = lambda self: f"[{ours(self)}]"  # type: ignore[method-assign]
        patches.undo()
        assert Client().call() == "[client]"
    finally:
        Client.call = own  # type: ignore[method-assign]


def test_patched_classes_can_go() -> None:
    """A class that was made in a function, and patched there, does not live on because of it."""
    patches = Patches()

    def make() -> "weakref.ref[type]":
        class Local(Client):
            pass

        patches.replace(Local, "call", _louder(patches))
        return weakref.ref(Local)

    local = make()
    gc.collect()
    assert local() is None
    patches.undo()


def test_a_decorated_function_is_patched_where_it_stands() -> None:
    """Who has imported a decorated function by name already gets the replacement too, and the function is the same."""

    def decorate(inner: Any) -> Any:
        def call() -> Any:
            return inner()

        return call

    function = decorate(lambda: "inner")
    patches = Patches()
    assert patches.replace_inside(function, "inner", lambda original: lambda: original().upper())
    assert not patches.replace_inside(function, "missing", lambda original: original)
    assert not patches.replace_inside(len, "inner", lambda original: original)
    assert function() == "INNER"
    patches.undo()
    assert function() == "inner"
