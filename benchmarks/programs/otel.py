"""The work, recorded by OpenTelemetry's SDK with its batching OTLP/HTTP exporter."""

import functools
import json
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from workload import finish, measure, url

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


with tracer.start_as_current_span("bench"):
    measure(work)
finish(provider.force_flush)
