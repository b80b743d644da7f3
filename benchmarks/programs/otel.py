"""The same work, recorded by OpenTelemetry's SDK with its batching OTLP/HTTP exporter."""

import functools
import json
import os
import signal
import sys
import time
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from payload import payloads

url, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
tracer = provider.get_tracer("bench")


def tool(function: Callable[[str], str]) -> Callable[[str], str]:
    @functools.wraps(function)
    def call(text: str) -> str:
        with tracer.start_as_current_span("execute_tool work") as span:
            span.set_attribute("gen_ai.operation.name", "execute_tool")
            span.set_attribute("gen_ai.tool.name", "work")
            span.set_attribute("gen_ai.tool.call.arguments", json.dumps({"text": text}))
            result = function(text)
            span.set_attribute("gen_ai.tool.call.result", result)
            return result

    return call


@tool
def work(text: str) -> str:
    return text


texts = payloads(count, size)
with tracer.start_as_current_span("bench"):
    begun = time.thread_time()
    for number in range(count):
        work(texts[number % 100])
    used = time.thread_time() - begun
print(json.dumps({"thread_s": used, "ended_at": time.time()}), flush=True)
if "kill" in sys.argv:
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)
