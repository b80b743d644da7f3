"""The work, recorded by agentops: ``ours.py <url> <spans> <bytes> [kill]``."""

import json
import os
import signal
import sys
import time

from payload import payloads

import agentops

url, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
agentops.init(endpoint=url, auto_start_session=False, log_session_replay_url=False, log_level="ERROR")


@agentops.tool
def work(text: str) -> str:
    return text


texts = payloads(count, size)
with agentops.start_session("bench"):
    begun = time.thread_time()
    for number in range(count):
        work(texts[number % 100])
    used = time.thread_time() - begun
print(json.dumps({"thread_s": used, "ended_at": time.time()}), flush=True)
if "kill" in sys.argv:
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)
