"""JSON on standard output, for programs."""

import sys

import orjson

__all__ = ["print_json"]


def print_json(value: object) -> None:
    """Print a value, indented, with a line's end behind it."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
