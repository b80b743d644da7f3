"""A library that records itself with OpenTelemetry becomes part of a session, and the session reaches your provider.

pip install 'agentops[opentelemetry]'
python opentelemetry_session.py
agentops show last
"""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import agentops
from agentops_opentelemetry import export_to

# Your own set-up, as it was: a provider for all of the program.
trace.set_tracer_provider(TracerProvider())

# Another one, that gets what agentops records. Yours has an OTLP exporter here.
collected = InMemorySpanExporter()
archive = TracerProvider()
archive.add_span_processor(SimpleSpanProcessor(collected))
export_to(archive)

agentops.init(tags=["example"], auto_start_session=False)
tracer = trace.get_tracer("weather_library")


@agentops.session(name="forecast", tags=["weather"])
def forecast(city: str) -> str:
    with tracer.start_as_current_span("invoke_agent forecaster"):
        with tracer.start_as_current_span("chat gpt-4o-mini") as call:
            call.set_attributes({"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 18})
        with tracer.start_as_current_span("execute_tool read_station") as tool:
            tool.set_attribute("gen_ai.tool.call.result", "18 °C")
    return f"18 °C in {city}"


if __name__ == "__main__":
    print(forecast("Vienna"))
    print([span.name for span in collected.get_finished_spans()])
