"""Compiled templates, kept where Python keeps compiled modules: compiling takes a quarter of a first page's time.

Not in the home directory: that is data, which people hand to one another, and what is loaded from here is run.
"""

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

__all__ = ["CompiledTemplates", "compiled_templates"]


class CompiledTemplates(FileSystemBytecodeCache):
    """Keeps what it can; where the disk refuses, templates are compiled again."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one template."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def compiled_templates(source: str = __file__) -> CompiledTemplates | None:
    """Return the templates that are kept beside the compiled module of ``source``; None where none may be kept."""
    if sys.dont_write_bytecode:
        return None
    directory = Path(cache_from_source(source)).parent / "templates"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return CompiledTemplates(str(directory))
