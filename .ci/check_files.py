"""Check text files: a newline at the end, no spaces before it, TOML and JSON that parse. ``check_files.py FILE…``."""

import json
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PARSERS = {".toml": tomllib.loads, ".json": json.loads}


def problem(path: Path) -> str | None:
    """Say what is wrong with a file, or None."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None  # not text
    if text and not text.endswith("\n"):
        return "does not end with a newline"
    if "\r\n" in text:
        return "has Windows line ends"
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() and path.suffix != ".md":
            return f"line {number} ends with spaces"
    try:
        PARSERS.get(path.suffix, str)(text)
    except ValueError as error:
        return f"does not parse: {error}"
    return None


def main(paths: list[str]) -> int:
    """Print the problems of these files, and return 1 if there are any."""
    found = [(path, text) for path in paths if (text := problem(Path(path)))]
    for path, text in found:
        print(f"{path} {text}.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
