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
    AGENT: Final = "agent"
    TASK: Final = "task"
    OPERATION: Final = "operation"
    WORKFLOW: Final = "workflow"
    CHAIN: Final = "chain"
    TOOL: Final = "tool"
    LLM: Final = "llm"
    RETRIEVER: Final = "retriever"
    EMBEDDING: Final = "embedding"
    GUARDRAIL: Final = "guardrail"
    HANDOFF: Final = "handoff"
    MEMORY: Final = "memory"
    HUMAN: Final = "human"
    EVENT: Final = "event"


SPAN_KINDS: Final = frozenset(value for name, value in vars(SpanKind).items() if name.isupper())


class SpanStatus:
    """How a span stands or ended."""

    RUNNING: Final = "running"
    OK: Final = "ok"
    ERROR: Final = "error"
    CANCELLED: Final = "cancelled"
    UNFINISHED: Final = "unfinished"


SPAN_STATUSES: Final = frozenset(value for name, value in vars(SpanStatus).items() if name.isupper())


class State:
    """States of a session. ``PAUSED`` and ``ABANDONED`` are only ever found by a reader."""

    RUNNING: Final = "running"
    SUCCESS: Final = "success"
    ERROR: Final = "error"
    CANCELLED: Final = "cancelled"
    INDETERMINATE: Final = "indeterminate"
    PAUSED: Final = "paused"
    ABANDONED: Final = "abandoned"


SESSION_STATES: Final = frozenset(value for name, value in vars(State).items() if name.isupper())


class Operation:
    """Values of ``gen_ai.operation.name``; also the first word of a span's name."""

    CHAT: Final = "chat"
    TEXT_COMPLETION: Final = "text_completion"
    GENERATE_CONTENT: Final = "generate_content"
    EMBEDDINGS: Final = "embeddings"
    RETRIEVAL: Final = "retrieval"
    EXECUTE_TOOL: Final = "execute_tool"
    CREATE_AGENT: Final = "create_agent"
    INVOKE_AGENT: Final = "invoke_agent"
    INVOKE_WORKFLOW: Final = "invoke_workflow"


class GenAI:
    """OpenTelemetry GenAI attributes."""

    OPERATION_NAME: Final = "gen_ai.operation.name"
    PROVIDER_NAME: Final = "gen_ai.provider.name"
    CONVERSATION_ID: Final = "gen_ai.conversation.id"
    AGENT_NAME: Final = "gen_ai.agent.name"
    AGENT_ID: Final = "gen_ai.agent.id"
    AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
    AGENT_VERSION: Final = "gen_ai.agent.version"
    WORKFLOW_NAME: Final = "gen_ai.workflow.name"
    TOOL_NAME: Final = "gen_ai.tool.name"
    TOOL_TYPE: Final = "gen_ai.tool.type"
    TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
    TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
    TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
    TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
    TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
    REQUEST_MODEL: Final = "gen_ai.request.model"
    REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
    REQUEST_TOP_P: Final = "gen_ai.request.top_p"
    REQUEST_TOP_K: Final = "gen_ai.request.top_k"
    REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
    REQUEST_SEED: Final = "gen_ai.request.seed"
    REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
    REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
    REQUEST_STOP_SEQUENCES: Final = "gen_ai.request.stop_sequences"
    REQUEST_CHOICE_COUNT: Final = "gen_ai.request.choice.count"
    REQUEST_STREAM: Final = "gen_ai.request.stream"
    RESPONSE_MODEL: Final = "gen_ai.response.model"
    RESPONSE_ID: Final = "gen_ai.response.id"
    RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
    RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
    """Seconds (float) from the request to the first generated token."""
    OUTPUT_TYPE: Final = "gen_ai.output.type"
    USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
    """All input tokens, those read from and written to a cache included."""
    USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
    """All output tokens, reasoning included."""
    USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
    USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"
    USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
    INPUT_MESSAGES: Final = "gen_ai.input.messages"
    OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
    SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
    RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
    RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
    EMBEDDINGS_DIMENSION: Final = "gen_ai.embeddings.dimension.count"


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
    STATUS: Final = "agentops.span.status"
    SEQ: Final = "agentops.span.seq"
    """Ordinal of the span within its session and process, from 1, in order of start."""
    VERSION: Final = "agentops.span.version"
    """Record version: of two records of one span the higher replaces the lower."""
    ORIGIN: Final = "agentops.span.origin"
    """What recorded it: the integration's name, or ``decorator``."""
    OUTLIVED_PARENT: Final = "agentops.span.outlived_parent"
    SWALLOWED_ERROR: Final = "agentops.span.swallowed_error"
    """Text of an error that a tool returned as its result instead of raising it."""
    TRUNCATED: Final = "agentops.span.truncated"
    """List of ``attribute:original_size`` for values that were cut at record time."""
    REDACTED: Final = "agentops.span.redacted"
    """Number of matches that redaction removed from this span."""
    ATTEMPT: Final = "agentops.span.attempt"
    """Number of the attempt, from 1, where a call is retried."""
    HTTP_RETRIES: Final = "agentops.llm.http_retries"
    COST_USD: Final = "agentops.cost.usd"
    """Cost that the program itself reported, in US dollars (float)."""
    INPUT: Final = "input.value"
    OUTPUT: Final = "output.value"
    ERROR_TYPE: Final = "error.type"
    CODE_FUNCTION: Final = "code.function.name"
    VERSION_LABEL: Final = "agentops.entity.version"
    SPEC: Final = "agentops.entity.spec"
    METADATA: Final = "agentops.span.metadata"
    """JSON object that the program has attached to one run of a framework."""
    CLOSED_EARLY: Final = "agentops.span.closed_early"
    """A generator whose consumer stopped before its end."""
    EVENT_EXCEPTION: Final = "exception"
    EXCEPTION_TYPE: Final = "exception.type"
    EXCEPTION_MESSAGE: Final = "exception.message"
    EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
    HANDOFF_FROM: Final = "agentops.handoff.from"
    HANDOFF_TO: Final = "agentops.handoff.to"


class Session:
    """Attributes of a session: the id and tags on every span, the rest on the root."""

    ID: Final = "agentops.session.id"
    TAGS: Final = "agentops.tags"
    STATE: Final = "agentops.session.state"
    END_REASON: Final = "agentops.session.end_reason"
    METADATA: Final = "agentops.session.metadata"
    """JSON object."""
    SPAN_COUNT: Final = "agentops.session.span_count"
    """On the root's last record: spans that its process started in this session, the root included."""
    PARENT_ID: Final = "agentops.session.parent_id"
    PARENT_SPAN_ID: Final = "agentops.session.parent_span_id"
    USER_ID: Final = "user.id"


class HTTP:
    """OpenTelemetry HTTP attributes (stable), on the sessions of ``track_endpoint``."""

    METHOD: Final = "http.request.method"
    ROUTE: Final = "http.route"
    STATUS_CODE: Final = "http.response.status_code"
    PATH: Final = "url.path"


class Resource:
    """Attributes of the recording process."""

    SERVICE_NAME: Final = "service.name"
    SERVICE_VERSION: Final = "service.version"
    INSTANCE_ID: Final = "service.instance.id"
    """Id of the recording process: unique per process, also across forks."""
    ENVIRONMENT: Final = "deployment.environment.name"
    SDK_NAME: Final = "telemetry.sdk.name"
    SDK_LANGUAGE: Final = "telemetry.sdk.language"
    SDK_VERSION: Final = "telemetry.sdk.version"
    PROCESS_PID: Final = "process.pid"
    PROCESS_COMMAND: Final = "process.command"
    RUNTIME_NAME: Final = "process.runtime.name"
    RUNTIME_VERSION: Final = "process.runtime.version"
    HOST_NAME: Final = "host.name"
    HOST_ARCH: Final = "host.arch"
    OS_TYPE: Final = "os.type"
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
