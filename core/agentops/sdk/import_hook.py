"""Being told when a module's import is complete, through ``sys.meta_path``; no built-in is replaced."""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from agentops.sdk.guard import guard

__all__ = ["ImportHook"]


class ImportHook(MetaPathFinder):
    """Calls a function when a module has been imported. On ``sys.meta_path`` only while it awaits one."""

    def __init__(self) -> None:
        self._awaited: dict[str, list[Callable[[], None]]] = {}
        self._finding: set[str] = set()

    def when_imported(self, module: str, then: Callable[[], None]) -> Callable[[], None]:
        """Call ``then`` once, after the next import of the module has completed; returns what calls that off."""
        self._awaited.setdefault(module, []).append(then)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

        def call_off() -> None:
            waiting = self._awaited.get(module, [])
            if then in waiting:
                waiting.remove(then)
            if not waiting:
                self._forget(module)

        return call_off

    def _forget(self, module: str) -> None:
        self._awaited.pop(module, None)
        if not self._awaited and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the awaited module as the other finders do, and watch its loader. Others are none of our business."""
        if fullname not in self._awaited or fullname in self._finding:
            return None
        self._finding.add(fullname)
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec = find(fullname, path, target) if find is not None and finder is not self else None
                if spec is not None:
                    return self._watched(spec)
            return None
        finally:
            self._finding.discard(fullname)

    def _watched(self, spec: ModuleSpec) -> ModuleSpec:
        if spec.loader is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _WatchedLoader(spec.loader, self)
        return spec

    def completed(self, module: str) -> None:
        """Tell those who wait for the module; called by the loader."""
        waiting = self._awaited.get(module, [])
        self._forget(module)
        for then in waiting:
            with guard(f"import of {module}"):
                then()


class _WatchedLoader(Loader):
    """Stands in for a loader during one import, and leaves no trace on the module."""

    def __init__(self, loader: Loader, hook: ImportHook) -> None:
        self._loader = loader
        self._hook = hook

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._hook.completed(module.__name__)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
