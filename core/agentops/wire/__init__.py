"""The wire and spool format: OTLP/JSON lines, process ledgers, and segment files.

Shared by what records (``agentops.sdk``) and what reads (a collector, an importer). Neither knows the other.
"""

from agentops.wire.ledger import LEDGER_SCOPE, Ledger, SessionLedger
from agentops.wire.otlp import (
    PARTIAL_PREFIX,
    REQUEST_PREFIX,
    encode_attributes,
    encode_line,
    encode_resource,
    encode_span,
    encode_value,
    is_partial,
    merge_lines,
)
from agentops.wire.segment import Segment, list_segments, new_segment_name, read_lines

__all__ = [
    "LEDGER_SCOPE",
    "PARTIAL_PREFIX",
    "REQUEST_PREFIX",
    "Ledger",
    "Segment",
    "SessionLedger",
    "encode_attributes",
    "encode_line",
    "encode_resource",
    "encode_span",
    "encode_value",
    "is_partial",
    "list_segments",
    "merge_lines",
    "new_segment_name",
    "read_lines",
]
