"""What goes along from page to page: the time range and the environment; and the switch between environments."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.query_edit import chosen_values, terms_about, with_only
from agentops_dashboard.pages.time_range import RANGE_PARAMETERS

__all__ = ["environment_switch", "kept_along"]

_KEY: Final = "environment"
_ALL: Final = "All environments"
_MOST: Final = 30
_ASKED_PAGES: Final = ("/sessions", "/analytics")


def kept_along(params: Mapping[str, str]) -> str:
    """The part of an address that takes a page's range and environment to another page, with its question mark.

    The page of a session has those of the list that it was opened from. Empty for all sessions of all environments.
    """
    asked = _of_list(params)
    return Address("", asked).link(q=" ".join(terms_about(asked.get("q", ""), _KEY)))


def environment_switch(address: Address, environments: list[str]) -> dict[str, Any] | None:
    """What the switch says and leads to; None where there is nothing to choose from.

    It writes the query's own term, so that whatever counts by the query counts by the environment. On a page that asks
    nothing it leads to the list. ``left_out`` says how many environments it does not name: those behind the thirtieth,
    which the list's filter finds.
    """
    if len(environments) < 2:
        return None
    is_asked = address.path in _ASKED_PAGES
    page = address if is_asked else Address("/sessions", _of_list(address.params))
    query = page.get("q")
    said = terms_about(query, _KEY)
    chosen = chosen_values(query, _KEY) if len(said) == 1 else set()
    label = next(iter(chosen)) if len(chosen) == 1 else "Several" if said else _ALL
    options = [(_ALL, None), *((name, name) for name in environments[:_MOST])]
    return {
        "label": label,
        "is_used": bool(said),
        "left_out": max(0, len(environments) - _MOST),
        "options": [
            {"text": text, "href": page.link(q=with_only(query, _KEY, value), cursor=None), "is_used": text == label}
            for text, value in options
        ],
    }


def _of_list(params: Mapping[str, str]) -> dict[str, str]:
    """Query and range of a page, or of the list that it was opened from."""
    asked = dict(parse_qsl(params["list"])) if params.get("list") else params
    return {name: asked[name] for name in (*RANGE_PARAMETERS, "q") if asked.get(name)}
