"""Attribute names, span kinds and values: the only place where they are spelled out.

Order of preference for a name: OpenTelemetry GenAI semantic conventions (status *Development*, names as of
semantic-conventions-genai 1.39), then ``input.value`` / ``output.value`` as OpenInference spells them, then
``agentops.*`` for what OpenTelemetry has no name for.
"""

from typing import Final

__all__ = [
    "CONTENT_ATTRIBUTES",
    "HTTP",
    "SESSION_STATES",
    "SPAN_KINDS",
    "SPAN_STATUSES",
    "Foreign",
    "GenAI",
    "Operation",
    "Resource",
    "Session",
    "Span",
    "SpanKind",
    "SpanStatus",
    "State",
]


class SpanKind:
    """The kinds of node in a session's tree."""

    SESSION: Final = "session"
    """The session itself: the root of its tree."""
    AGENT: Final = "agent"
    """One run of an agent: it decides what to do, and does it through the spans below it."""
    TASK: Final = "task"
    """A piece of work that was given to somebody, as a crew's task."""
    OPERATION: Final = "operation"
    """A step of the program that is none of the other kinds."""
    WORKFLOW: Final = "workflow"
    """What holds agents or steps together: a graph, a crew, a team."""
    CHAIN: Final = "chain"
    """A fixed sequence of steps, as a LangChain chain."""
    TOOL: Final = "tool"
    """One call of a tool, whoever asked for it."""
    LLM: Final = "llm"
    """One call of a model that writes."""
    RETRIEVER: Final = "retriever"
    """One search for documents."""
    EMBEDDING: Final = "embedding"
    """One call of a model that turns text into vectors."""
    GUARDRAIL: Final = "guardrail"
    """One check of what goes in or comes out."""
    HANDOFF: Final = "handoff"
    """One agent passing the work on to another."""
    MEMORY: Final = "memory"
    """Something read from or written to an agent's memory."""
    HUMAN: Final = "human"
    """A wait for a person: a question, an approval. Left out of the percentiles of durations."""
    EVENT: Final = "event"
    """Something that happened at one moment."""


SPAN_KINDS: Final = frozenset(value for name, value in vars(SpanKind).items() if name.isupper())


class SpanStatus:
    """How a span stands or ended."""

    RUNNING: Final = "running"
    """It has begun and not ended."""
    OK: Final = "ok"
    """It ended without an error."""
    ERROR: Final = "error"
    """An exception left it, or it was reported as failed."""
    CANCELLED: Final = "cancelled"
    """It was called off: an interrupt, a cancelled task."""
    UNFINISHED: Final = "unfinished"
    """It was closed because what is around it ended; its own end may still come and correct that."""


SPAN_STATUSES: Final = frozenset(value for name, value in vars(SpanStatus).items() if name.isupper())


class State:
    """States of a session. ``PAUSED`` and ``ABANDONED`` are only ever found by a reader."""

    RUNNING: Final = "running"
    """It has not ended."""
    SUCCESS: Final = "success"
    """It ended well."""
    ERROR: Final = "error"
    """It ended with an error."""
    CANCELLED: Final = "cancelled"
    """It was called off."""
    INDETERMINATE: Final = "indeterminate"
    """It ended, and nobody said how."""
    PAUSED: Final = "paused"
    """It waits for a person."""
    ABANDONED: Final = "abandoned"
    """Its process is gone and left it without an end."""


SESSION_STATES: Final = frozenset(value for name, value in vars(State).items() if name.isupper())


class Operation:
    """Values of ``gen_ai.operation.name``; also the first word of a span's name."""

    CHAT: Final = "chat"
    """A model answers messages."""
    TEXT_COMPLETION: Final = "text_completion"
    """A model goes on with a text."""
    GENERATE_CONTENT: Final = "generate_content"
    """A model writes content of several kinds."""
    EMBEDDINGS: Final = "embeddings"
    """A model turns text into vectors."""
    RETRIEVAL: Final = "retrieval"
    """Documents are searched for."""
    EXECUTE_TOOL: Final = "execute_tool"
    """A tool is called."""
    CREATE_AGENT: Final = "create_agent"
    """An agent is made."""
    INVOKE_AGENT: Final = "invoke_agent"
    """An agent runs."""
    INVOKE_WORKFLOW: Final = "invoke_workflow"
    """A workflow runs."""


class GenAI:
    """OpenTelemetry GenAI attributes."""

    OPERATION_NAME: Final = "gen_ai.operation.name"
    """One of ``Operation``."""
    PROVIDER_NAME: Final = "gen_ai.provider.name"
    """Who serves the model: ``openai``, ``anthropic``, ``aws.bedrock``, …"""
    CONVERSATION_ID: Final = "gen_ai.conversation.id"
    """The thread of messages that a call belongs to, by the framework's or provider's id."""
    AGENT_NAME: Final = "gen_ai.agent.name"
    """Name of the agent that runs."""
    AGENT_ID: Final = "gen_ai.agent.id"
    """Its id, where the framework has one."""
    AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
    """What it is for, in its author's words."""
    AGENT_VERSION: Final = "gen_ai.agent.version"
    """Its version, where it has one."""
    WORKFLOW_NAME: Final = "gen_ai.workflow.name"
    """Name of the graph, crew or team."""
    TOOL_NAME: Final = "gen_ai.tool.name"
    """Name of the tool as the model knows it."""
    TOOL_TYPE: Final = "gen_ai.tool.type"
    """``function``, ``extension`` or ``datastore``."""
    TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
    """What the tool is for, as the model is told."""
    TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
    """Id by which the model's answer and the tool's result name the call."""
    TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
    """JSON object of what the tool was called with. Content."""
    TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
    """What the tool returned: text, or JSON. Content."""
    TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
    """JSON list of the tools that a model was offered. Content."""
    REQUEST_MODEL: Final = "gen_ai.request.model"
    """Model that was asked for."""
    REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
    """Sampling temperature (float)."""
    REQUEST_TOP_P: Final = "gen_ai.request.top_p"
    """Share of the probability that is sampled from (float)."""
    REQUEST_TOP_K: Final = "gen_ai.request.top_k"
    """How many tokens are sampled from."""
    REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
    """How many tokens the answer may have."""
    REQUEST_SEED: Final = "gen_ai.request.seed"
    """Seed of the sampling."""
    REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
    """Penalty for tokens by how often they came (float)."""
    REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
    """Penalty for tokens that came at all (float)."""
    REQUEST_STOP_SEQUENCES: Final = "gen_ai.request.stop_sequences"
    """List of texts at which the answer ends."""
    REQUEST_CHOICE_COUNT: Final = "gen_ai.request.choice.count"
    """How many answers were asked for, where it is more than one."""
    REQUEST_STREAM: Final = "gen_ai.request.stream"
    """Whether the answer was asked for in pieces."""
    RESPONSE_MODEL: Final = "gen_ai.response.model"
    """Model that answered, which may be a dated version of the one asked for."""
    RESPONSE_ID: Final = "gen_ai.response.id"
    """The provider's id of the answer."""
    RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
    """List with a reason per answer: ``stop``, ``length``, ``tool_calls``, …"""
    RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
    """Seconds (float) from the request to the first generated token."""
    OUTPUT_TYPE: Final = "gen_ai.output.type"
    """What was asked for: ``text``, ``json``, ``image`` or ``speech``."""
    USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
    """All input tokens, those read from and written to a cache included."""
    USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
    """All output tokens, reasoning included."""
    USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
    """Of the input tokens, those read from the provider's cache."""
    USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"
    """Of the input tokens, those written to the provider's cache."""
    USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
    """Of the output tokens, those that the model spent on reasoning."""
    INPUT_MESSAGES: Final = "gen_ai.input.messages"
    """JSON list of ``{role, parts}``: what the model was given, oldest first. Content."""
    OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
    """JSON list of ``{role, parts, finish_reason}``: what it answered. Content."""
    SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
    """JSON list of parts: instructions given apart from the messages. Content."""
    RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
    """JSON list of the documents that were found. Content."""
    RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
    """What was searched for. Content."""
    EMBEDDINGS_DIMENSION: Final = "gen_ai.embeddings.dimension.count"
    """Length of each vector."""


class Foreign:
    """Attributes of other conventions, and OpenTelemetry's old ones: read where others' spans come in, never written.

    Sources: OpenTelemetry GenAI before 1.37, OpenInference (``openinference-semantic-conventions``), OpenLLMetry
    (``opentelemetry-semantic-conventions-ai``). A name that ends in a dot is the beginning of several.
    """

    GEN_AI: Final = "gen_ai."
    SYSTEM: Final = "gen_ai.system"
    PROMPT: Final = "gen_ai.prompt."
    COMPLETION: Final = "gen_ai.completion."
    PROMPT_TOKENS: Final = "gen_ai.usage.prompt_tokens"
    COMPLETION_TOKENS: Final = "gen_ai.usage.completion_tokens"
    TOTAL_TOKENS: Final = "gen_ai.usage.total_tokens"
    CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read_input_tokens"
    CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write_input_tokens"
    CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation_input_tokens"
    REASONING_TOKENS: Final = "gen_ai.usage.details.reasoning_tokens"
    USAGE: Final = "gen_ai.usage."
    USAGE_DETAILS: Final = "gen_ai.usage.details."
    AGGREGATED_USAGE: Final = "gen_ai.aggregated_usage."
    TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
    FIRST_TOKEN_MS: Final = "gen_ai.server.time_to_first_token"
    HEADERS: Final = "gen_ai.headers"
    TASK: Final = "gen_ai.task."
    EVENT_TIMES: Final = "gen_ai.event."
    EVENT_CHOICE: Final = "gen_ai.choice"
    EVENT_DETAILS: Final = "gen_ai.client.inference.operation.details"
    EVENT_MESSAGES: Final = (
        "gen_ai.system.message",
        "gen_ai.user.message",
        "gen_ai.assistant.message",
        "gen_ai.tool.message",
    )


class Span:
    """Attributes of any span."""

    KIND: Final = "agentops.span.kind"
    """One of ``SpanKind``."""
    STATUS: Final = "agentops.span.status"
    """One of ``SpanStatus``."""
    SEQ: Final = "agentops.span.seq"
    """Ordinal of the span within its session and process, from 1, in order of start."""
    VERSION: Final = "agentops.span.version"
    """Record version: of two records of one span the higher replaces the lower."""
    ORIGIN: Final = "agentops.span.origin"
    """What recorded it: the integration's name, or ``decorator``."""
    OUTLIVED_PARENT: Final = "agentops.span.outlived_parent"
    """True where it ended after what is around it, as a stream may."""
    SWALLOWED_ERROR: Final = "agentops.span.swallowed_error"
    """Text of an error that a tool returned as its result instead of raising it."""
    REDACTED: Final = "agentops.span.redacted"
    """Number of matches that redaction removed from this span."""
    ATTEMPT: Final = "agentops.span.attempt"
    """Number of the attempt, from 1, where a call is retried."""
    HTTP_RETRIES: Final = "agentops.llm.http_retries"
    """How often the client library sent the request again by itself."""
    COST_SOURCE: Final = "agentops.cost.source"
    """Where the cost is from, in an export, if the program did not report it: a price list and its version."""
    COST_USD: Final = "agentops.cost.usd"
    """Cost that the program itself reported, in US dollars (float)."""
    INPUT: Final = "input.value"
    """What went in, for kinds without a name of OpenTelemetry's: text, or JSON. Content."""
    OUTPUT: Final = "output.value"
    """What came out, alike. Content."""
    ERROR_TYPE: Final = "error.type"
    """Qualified name of the exception, or the framework's word for the error."""
    VERSION_LABEL: Final = "agentops.entity.version"
    """``version`` of the decorator."""
    SPEC: Final = "agentops.entity.spec"
    """``spec`` of the decorator, as it was given."""
    METADATA: Final = "agentops.span.metadata"
    """JSON object that the program has attached to one run of a framework."""
    CLOSED_EARLY: Final = "agentops.span.closed_early"
    """A generator whose consumer stopped before its end."""
    EVENT_EXCEPTION: Final = "exception"
    """Name of the event that describes the exception which ended the span."""
    EXCEPTION_TYPE: Final = "exception.type"
    """Qualified name of the exception, on that event."""
    EXCEPTION_MESSAGE: Final = "exception.message"
    """Its text."""
    EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
    """Its stack, on the span where it was first seen."""
    HANDOFF_FROM: Final = "agentops.handoff.from"
    """Name of the agent that passes the work on."""
    HANDOFF_TO: Final = "agentops.handoff.to"
    """Name of the agent that takes it."""


class Session:
    """Attributes of a session: the id and tags on every span, the rest on the root."""

    ID: Final = "agentops.session.id"
    """32 hex digits: the trace id."""
    NAME: Final = "agentops.session.name"
    """Its name, in an export, where that is another one than its root's."""
    TAGS: Final = "agentops.tags"
    """List of the session's tags, those added later from there on."""
    STATE: Final = "agentops.session.state"
    """One of ``State``, once it has ended."""
    END_REASON: Final = "agentops.session.end_reason"
    """A sentence about how it ended."""
    METADATA: Final = "agentops.session.metadata"
    """JSON object."""
    SPAN_COUNT: Final = "agentops.session.span_count"
    """On the root's last record: spans that its process started in this session, the root included."""
    PARENT_ID: Final = "agentops.session.parent_id"
    """Id of the session inside which this one was started."""
    PARENT_SPAN_ID: Final = "agentops.session.parent_span_id"
    """Id of the span in it that was current then."""
    USER_ID: Final = "user.id"
    """Id of the user whom the session serves."""


class HTTP:
    """OpenTelemetry HTTP attributes (stable), on the sessions of ``track_endpoint``."""

    METHOD: Final = "http.request.method"
    """``GET``, ``POST``, …"""
    ROUTE: Final = "http.route"
    """The path's pattern, as ``/orders/{id}``."""
    STATUS_CODE: Final = "http.response.status_code"
    """Status of the response."""
    PATH: Final = "url.path"
    """The path that was asked for."""


class Resource:
    """Attributes of the recording process."""

    SERVICE_NAME: Final = "service.name"
    """Name of the program: ``service_name``, or its script."""
    SERVICE_VERSION: Final = "service.version"
    """Version or release of the program."""
    INSTANCE_ID: Final = "service.instance.id"
    """Id of the recording process: unique per process, also across forks."""
    ENVIRONMENT: Final = "deployment.environment.name"
    """Where it is deployed, as ``production``."""
    SDK_NAME: Final = "telemetry.sdk.name"
    """``agentops``."""
    SDK_LANGUAGE: Final = "telemetry.sdk.language"
    """``python``."""
    SDK_VERSION: Final = "telemetry.sdk.version"
    """Version of agentops."""
    PROCESS_PID: Final = "process.pid"
    """The system's number of the process."""
    PROCESS_COMMAND: Final = "process.command"
    """The script that was started, without its arguments."""
    RUNTIME_NAME: Final = "process.runtime.name"
    """``cpython``, ``pypy``."""
    RUNTIME_VERSION: Final = "process.runtime.version"
    """Version of the interpreter."""
    HOST_NAME: Final = "host.name"
    """Name of the machine."""
    HOST_ARCH: Final = "host.arch"
    """Its processor's architecture."""
    OS_TYPE: Final = "os.type"
    """``linux``, ``darwin``, ``win32``."""
    FRAMEWORKS: Final = "agentops.frameworks"
    """List of ``distribution/version`` of the frameworks whose integrations are enabled."""


CONTENT_ATTRIBUTES: Final = frozenset(
    {
        GenAI.INPUT_MESSAGES,
        GenAI.OUTPUT_MESSAGES,
        GenAI.SYSTEM_INSTRUCTIONS,
        GenAI.TOOL_CALL_ARGUMENTS,
        GenAI.TOOL_CALL_RESULT,
        GenAI.TOOL_DEFINITIONS,
        GenAI.RETRIEVAL_DOCUMENTS,
        GenAI.RETRIEVAL_QUERY,
        Span.INPUT,
        Span.OUTPUT,
        Span.SWALLOWED_ERROR,
    }
)
"""Attributes that hold what users and models said; left out unless content capture is ``full``."""
