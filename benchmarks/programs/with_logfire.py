"""The work, recorded by Logfire's SDK."""

import logfire
from workload import finish, measure, url

logfire.configure(
    token="pylf_v1_local_benchmark",
    advanced=logfire.AdvancedOptions(base_url=url),
    console=False,
    inspect_arguments=False,
    metrics=False,
)


@logfire.instrument("execute_tool work", record_return=True)
def work(text: str) -> str:
    return text


with logfire.span("bench"):
    measure(work)
finish()
