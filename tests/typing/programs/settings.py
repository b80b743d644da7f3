"""Settings are known by name and type, in ``init()``, ``configure()`` and the test kit."""

from pathlib import Path
from typing import Any

import agentops
from agentops.testing import recording

agentops.init("key", endpoint="https://example.com", tags={"env": "prod"}, capture_content="off", home=Path("x"))
agentops.init(integrations=["langchain"], disabled_plugins="threads", exporter_headers={"Authorization": "x"})
agentops.init(capture_content="nothing")  # error
agentops.init(max_wait_tme=5)  # error
agentops.init(redact="very")  # error
agentops.configure(default_tags=["a"], logging_to_file=True, disk_budget_bytes=1_000_000)
agentops.configure(trace_nam="x")  # error
agentops.get_client().init(api_key="key", disabled=None)
agentops.get_client().init(api_key=5)  # error
with recording(capture_content="metadata_only", default_tags=["all"]):
    pass
with recording(is_loud=False, colour="blue"):  # error
    pass
read_from_a_file: dict[str, Any] = {"redact": True}
agentops.configure(**read_from_a_file)
