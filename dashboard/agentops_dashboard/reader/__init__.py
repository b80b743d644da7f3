"""The read layer: typed shapes, and the one class that fills them."""

from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.reader.shapes import (
    Bucket,
    Cost,
    Counts,
    Facet,
    FacetValue,
    Heading,
    Session,
    SessionPage,
    Span,
    SpanError,
    Tokens,
    TreeRow,
    TreeWindow,
)

__all__ = [
    "Bucket",
    "Cost",
    "Counts",
    "Facet",
    "FacetValue",
    "Heading",
    "Reader",
    "Session",
    "SessionPage",
    "Span",
    "SpanError",
    "Tokens",
    "TreeRow",
    "TreeWindow",
]
