"""Which versions of each framework this agentops was tested with, and what to say of one that was not.

The facts are in ``compatibility.json`` beside this module, which ``nox -s compatibility`` writes. It is read when
somebody asks, never by a program that records.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["Remark", "as_numbers", "known_versions", "remarks"]

_FACTS: Final = Path(__file__).with_name("compatibility.json")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of an installed version, and the command to run if it matters."""

    text: str
    fix: str
    is_bad: bool = False
    """Whether it is known to be recorded wrongly, and not merely untested."""


def as_numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version, without zeros at the end; enough to tell whether a floor is reached."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def known_versions(integration: str) -> dict[str, tuple[str, str]]:
    """Return the oldest and the newest tested version of each of a framework's distributions, its main one first.

    Empty for an integration that this agentops does not know.
    """
    facts = _facts().get(integration)
    if facts is None:
        return {}
    oldest, latest = facts["oldest"]["versions"], facts["latest"]["versions"]
    return {name: (oldest.get(name, version), version) for name, version in latest.items()}


def remarks(integration: str, installed: Callable[[str], str | None]) -> list[Remark]:
    """Say what there is to say about the installed versions of an integration's framework.

    Args:
        integration: Its name.
        installed: Gives the installed version of a distribution, None if it is not installed.
    """
    found: list[Remark] = []
    for distribution, (oldest, latest) in known_versions(integration).items():
        version = installed(distribution)
        if version is not None:
            found += _judge(integration, distribution, version, oldest, latest)
    return found


def _judge(integration: str, distribution: str, version: str, oldest: str, latest: str) -> list[Remark]:
    bad = _facts()[integration].get("bad", {}).get(f"{distribution} {version}")
    numbers = as_numbers(version)
    if bad is not None:
        fix = f"pip install '{distribution}=={latest}'"
        return [Remark(f"{distribution} {version} is not recorded rightly: {bad}", fix, is_bad=True)]
    if numbers > as_numbers(latest):
        text = f"{distribution} {version} is newer than {latest}, the newest that this agentops was tested with"
        return [Remark(text, f"pip install --upgrade agentops   # or '{distribution}=={latest}'")]
    if numbers < as_numbers(oldest):
        text = f"{distribution} {version} is older than {oldest}, the oldest that this agentops was tested with"
        return [Remark(text, f"pip install --upgrade {distribution}")]
    return []


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(_FACTS.read_text(encoding="utf-8"))
    return facts
