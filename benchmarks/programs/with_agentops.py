"""The work, recorded by the AgentOps SDK whose place agentops takes."""

import uuid

from workload import finish, measure, url

import agentops
from agentops.sdk.decorators import session, tool

agentops.init(
    api_key=str(uuid.UUID(int=7)),
    endpoint=url,
    exporter_endpoint=f"{url}/v1/traces",
    auto_start_session=False,
    instrument_llm_calls=False,
    log_level="ERROR",
)


@tool
def work(text: str) -> str:
    return text


@session(name="bench")
def bench() -> None:
    measure(work)


bench()
finish()
