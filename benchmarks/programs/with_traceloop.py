"""The work, recorded by Traceloop's SDK (OpenLLMetry)."""

from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import tool, workflow
from workload import finish, measure, url

Traceloop.init(app_name="bench", api_endpoint=url, api_key="bench", instruments=set())


@tool(name="work")
def work(text: str) -> str:
    return text


@workflow(name="bench")
def bench() -> None:
    measure(work)


bench()
finish()
