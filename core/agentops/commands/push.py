"""``agentops push``: deliver what programs left behind, because their endpoint was down or refused it."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agentops.commands.output import write_json, write_line
from agentops.errors import ConfigurationError
from agentops.sdk.address import without_login
from agentops.sdk.config import Config, config_from_environment, updated
from agentops.sdk.delivery import DeliveryCounts, deliver_batch
from agentops.sdk.outbox import Outbox, read_destination
from agentops.sdk.transport import Outcome, Transport
from agentops.wire.segment import LOCAL

__all__ = ["push"]


@dataclass(slots=True)
class Pushed:
    """What became of one destination's records."""

    url: str
    delivered_bytes: int
    waiting_bytes: int
    refused_lines: int
    reason: str


def push(argv: Sequence[str] = ()) -> int:
    """Run the command. Exit code 1 when something could not be delivered."""
    parser = argparse.ArgumentParser(
        prog="agentops push",
        description="Deliver the records that wait for an endpoint. Each goes where its program meant it to go.",
    )
    parser.add_argument("--endpoint", help="only what waits for this server (default: every one)")
    parser.add_argument("--exporter-endpoint", help="only what waits for this OTLP endpoint")
    parser.add_argument("--api-key", help="key for the endpoint (default: AGENTOPS_API_KEY)")
    parser.add_argument("--rejected", action="store_true", help="offer again what was refused before")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = vars(parser.parse_args(argv))
    wanted = {key: given[key] for key in ("endpoint", "exporter_endpoint") if given[key]}
    config = updated(config_from_environment(), {"api_key": given["api_key"]})
    only = updated(Config(), wanted)
    directories = [item for item in _directories(config.home) if _is_wanted(item, only)]
    if wanted and not directories:
        named = " ".join(map(without_login, wanted.values()))
        raise ConfigurationError(f"nothing waits for {named}; see what does: agentops doctor")
    results = [_push_directory(item, config, offers_rejected=given["rejected"]) for item in directories]
    if given["json"]:
        write_json({"destinations": [asdict(item) for item in results]})
    else:
        _write(results)
    return 1 if any(item.waiting_bytes for item in results) else 0


def _directories(home: Path) -> list[Path]:
    spool = home / "spool"
    return sorted(item for item in spool.iterdir() if item.is_dir() and item.name != LOCAL) if spool.is_dir() else []


def _is_wanted(directory: Path, only: Config) -> bool:
    note = read_destination(directory)
    return all(
        _names(value, note.get(name))
        for name, value in (("endpoint", only.endpoint), ("exporter_endpoint", only.exporter_endpoint))
    )


def _push_directory(directory: Path, config: Config, *, offers_rejected: bool) -> Pushed:
    note = read_destination(directory)
    if not any(note.values()):
        left = Outbox(directory, sends_partial=True).waiting_bytes()
        return Pushed(str(directory), 0, left, 0, "there is no note of where they go")
    transport = Transport(_settings_for(note, config))
    outbox = Outbox(directory, sends_partial=not transport.is_foreign)
    if offers_rejected:
        outbox.restore_rejected()
    before, counts, reason = outbox.waiting_bytes(), DeliveryCounts(), ""
    for batch in outbox.batches():
        answer = deliver_batch(outbox, transport, batch, counts)
        if answer.outcome == Outcome.LATER:
            reason = answer.reason
            break
    transport.close()
    left = outbox.waiting_bytes()
    if left and not reason:
        reason = "a program that still runs is delivering it"
    return Pushed(transport.shown_url, before - left, left, counts.refused_lines, reason)


def _settings_for(note: dict[str, Any], config: Config) -> Config:
    """The settings for one destination. A key goes only to the endpoint that it is for, or where none is named."""
    key = config.api_key if _names(config.endpoint, note.get("endpoint")) else None
    headers = config.exporter_headers if _names(config.exporter_endpoint, note.get("exporter_endpoint")) else ()
    return updated(Config(), {**note, "api_key": key, "exporter_headers": dict(headers)})


def _names(given: str | None, noted: str | None) -> bool:
    """Whether a setting means the endpoint of a note, which has no login; without a setting, any."""
    return given is None or without_login(given) == noted


def _write(results: list[Pushed]) -> None:
    if not results:
        write_line("Nothing waits: no program has recorded for an endpoint here.")
    for item in results:
        text = f"{item.url}: {item.delivered_bytes / 1e3:,.1f} kB delivered"
        if item.waiting_bytes:
            text += f", {item.waiting_bytes / 1e3:,.1f} kB left: {item.reason}"
        if item.refused_lines:
            text += f", {item.refused_lines} lines refused"
        write_line(text)
