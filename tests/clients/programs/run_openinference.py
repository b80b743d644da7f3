"""Two runs of a LangChain agent in one OpenInference session, over plain OpenTelemetry."""

import sys

from openinference.instrumentation import using_attributes
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from shop_agent import answer

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{sys.argv[1]}/v1/traces")))
LangChainInstrumentor().instrument(tracer_provider=provider)
with using_attributes(session_id="chat-7", user_id="user-17", tags=["lamp"], metadata={"region": "eu"}):
    answer()
    answer()
provider.shutdown()
