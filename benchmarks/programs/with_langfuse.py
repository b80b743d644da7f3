"""The work, recorded by Langfuse's SDK."""

from langfuse import Langfuse, observe
from workload import finish, measure, url

client = Langfuse(public_key="pk-lf-bench", secret_key="sk-lf-bench", host=url)


@observe(as_type="tool")
def work(text: str) -> str:
    return text


@observe(name="bench", capture_input=False, capture_output=False)
def bench() -> None:
    measure(work)


bench()
finish()
