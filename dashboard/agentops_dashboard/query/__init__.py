"""The query language of the list: one parser for the API, the pages and the command line."""

from agentops_dashboard.query.ast import Aggregate, And, Node, Not, Or, Term, Text
from agentops_dashboard.query.error import QueryError
from agentops_dashboard.query.fields import SESSION_FIELDS, SPAN_FIELDS, STATES, Field
from agentops_dashboard.query.parser import parse

__all__ = [
    "SESSION_FIELDS",
    "SPAN_FIELDS",
    "STATES",
    "Aggregate",
    "And",
    "Field",
    "Node",
    "Not",
    "Or",
    "QueryError",
    "Term",
    "Text",
    "parse",
]
