"""The types of keyword arguments that several functions share, for type checkers and editors only.

No part of agentops imports this when it runs. What a setting means, and how its value is read, stands with the field of
that name in ``agentops.Config``; None leaves it as the environment has it.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from agentops.sdk.tags import Tags

__all__ = ["FurtherSettings", "Settings", "SpanOptions"]


class FurtherSettings(TypedDict, total=False):
    """The settings that AgentOps 0.4 did not have, which ``init()`` takes by name only."""

    capture_content: Literal["full", "metadata_only", "off"] | None
    disabled: bool | None
    disabled_plugins: Iterable[str] | str | None
    disk_budget_bytes: int | None
    environment: str | None
    export_flush_interval: int | None
    exporter_headers: Mapping[str, str] | Iterable[tuple[str, str]] | str | None
    home: str | os.PathLike[str] | None
    integrations: Iterable[str] | str | None
    logging_to_file: bool | str | os.PathLike[str] | None
    prefetch_jwt_token: bool | None
    redact: bool | None
    service_name: str | None
    service_version: str | None


class Settings(FurtherSettings, total=False):
    """All settings, as ``configure()`` takes them."""

    api_key: str | None
    app_url: str | None
    auto_init: bool | None
    auto_start_session: bool | None
    default_tags: Tags | None
    endpoint: str | None
    env_data_opt_out: bool | None
    exporter_endpoint: str | None
    fail_safe: bool | None
    instrument_llm_calls: bool | None
    log_level: str | int | None
    log_session_replay_url: bool | None
    max_queue_size: int | None
    max_wait_time: int | None
    skip_auto_end_session: bool | None
    tags: Tags | None
    trace_name: str | None


class SpanOptions(TypedDict, total=False):
    """What the decorators take; ``agentops.sdk.decorators.scope_maker`` says what it means."""

    name: str | None
    version: object
    tags: Tags | None
    cost: float | None
    spec: object
    capture_request: bool
    capture_response: bool
