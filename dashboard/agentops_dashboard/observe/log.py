"""How a server logs: a line of text or of JSON for each thing that happens, on standard error."""

import logging
import sys
from datetime import datetime, timezone
from typing import Any, Final

import orjson

__all__ = ["FORMATS", "configure_logging"]

FORMATS: Final = ("text", "json", "off")
REQUESTS: Final = "agentops.requests"
"""The logger of requests; a record's ``fields`` are what the JSON line holds."""


def configure_logging(form: str) -> None:
    """Make all loggers of the process write in one of ``FORMATS``; ``off`` leaves requests out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JSON() if form == "json" else logging.Formatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(REQUESTS).setLevel(logging.CRITICAL if form == "off" else logging.INFO)


class _JSON(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        moment = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower(), "logger": record.name}
        fields = getattr(record, "fields", None)
        line |= fields if fields is not None else {"message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()
