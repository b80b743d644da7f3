"""The work, recorded by agentops."""

from workload import finish, measure, url

import agentops

agentops.init(endpoint=url, auto_start_session=False, log_session_replay_url=False, log_level="ERROR")


@agentops.tool
def work(text: str) -> str:
    return text


with agentops.start_session("bench"):
    measure(work)
finish(lambda: agentops.flush(60, delivered=True))
