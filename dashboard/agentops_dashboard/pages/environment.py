"""The template environment of the pages: everything escaped, nothing hidden, unknown names refused."""

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agentops_dashboard import format as write
from agentops_dashboard.pages import content, kinds
from agentops_dashboard.pages.compiled import compiled_templates
from agentops_dashboard.pages.query_edit import quote_value
from agentops_dashboard.pages.rich_text import markdown
from agentops_dashboard.semantics.finish_reasons import CUT_OFF

__all__ = ["STATIC_DIRECTORY", "environment", "render"]

_HERE: Final = Path(__file__).parent.parent
STATIC_DIRECTORY: Final = _HERE / "static"

_WRITERS: Final = (
    "absolute_time", "byte_size", "count", "duration", "full_count", "full_money", "lost_parents", "moment_of", "money",
    "one_line", "parse_time", "percent", "relative_time",
)  # fmt: skip


def _finalize(value: object) -> object:
    """Make hostile characters visible in all that a template prints, except in what a macro already rendered."""
    return write.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def environment() -> Environment:
    """The one environment; templates are looked at once per process."""
    env = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        bytecode_cache=compiled_templates(),
        auto_reload=False,
    )
    env.globals.update({name: getattr(write, name) for name in _WRITERS})
    env.globals.update(
        icons="/static/icons.svg",
        kind_look=kinds.kind_look,
        state_look=kinds.state_look,
        status_look=kinds.status_look,
        quote_value=quote_value,
        markdown=markdown,
        as_json=content.as_json,
        as_text=content.as_text,
        cut=content.cut,
        cut_off_reasons=CUT_OFF,
        messages_of=content.messages_of,
    )
    env.filters["urlpart"] = lambda text: quote(str(text), safe="")
    return env


def render(template: str, /, **values: object) -> str:
    """Render one template to HTML text."""
    return environment().get_template(template).render(**values)
