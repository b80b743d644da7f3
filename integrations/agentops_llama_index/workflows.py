"""Runs of workflows: an agent's, a team's with the agents that take turns in it, and those that users write.

An agent's own steps (set up, ask the model, parse, call tools) are collapsed; those of a user's workflow are shown.
Which agent of a team is at work is said by the event that a step is given.
"""

from asyncio import CancelledError
from collections import OrderedDict
from typing import Any, Final

from agentops import Recorder, Span
from agentops.messages import text
from agentops.semconv import GenAI, SpanKind, SpanStatus
from agentops_llama_index.content import plain, said_in, shown
from agentops_llama_index.entry import Entry
from agentops_llama_index.roles import Role

__all__ = ["Workflows"]

_KINDS: Final = {Role.AGENT: SpanKind.AGENT, Role.TEAM: SpanKind.WORKFLOW, Role.WORKFLOW: SpanKind.WORKFLOW}
_TURNS: Final = frozenset({"setup_agent", "run_agent_step"})
"""The steps of a team that belong to an agent's turn and begin one."""
_ASKING: Final = "run_agent_step"
_CANCELLED: Final = "WorkflowCancelledByUser"
"""What ends a run that is called off; since workflows 2.16 there is an event in its place."""
_REMEMBERED: Final = 10_000
"""Runs of which it is kept what is around them, also when they have ended."""


class _Run:
    """A run under way."""

    __slots__ = (
        "agent_key",
        "agent_name",
        "error",
        "instance",
        "is_cancelled",
        "key",
        "output",
        "role",
        "span",
        "turns",
        "waits",
    )

    def __init__(self, key: str, role: Role, instance: Any, span: Span | None) -> None:
        self.key = key
        self.span = span
        self.role = role
        self.instance = instance
        self.is_cancelled = False
        self.error: BaseException | None = None
        self.agent_key: str | None = None
        self.agent_name: str | None = None
        self.output: Any = None
        self.turns = 0
        self.waits: dict[str, tuple[str, Span | None]] = {}
        """By the id of a tool's call: the tool's span, and that of the wait in it."""


class _Step:
    """A step under way: of which run, which call of a tool it answers, and its span if it is shown."""

    __slots__ = ("call_id", "name", "run", "span")

    def __init__(self, run: _Run, name: str, call_id: str | None) -> None:
        self.span: Span | None = None
        self.run = run
        self.name = name
        self.call_id = call_id


class Workflows:
    """Maps runs of workflows and their steps.

    Args:
        recorder: Records them.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._runs: dict[str, _Run] = {}
        self._steps: dict[str, _Step] = {}
        self._around: OrderedDict[str, str | None] = OrderedDict()

    def began(self, entry: Entry, role: Role, around: Span | None) -> None:
        """Begin a run."""
        key, instance = entry.key, entry.instance
        title = str(getattr(instance, "name", None) or entry.title) if role is Role.AGENT else entry.title
        span = self.recorder.start(_KINDS[role], title, key=key, parent=around)
        self._runs[key] = _Run(key, role, instance, span)
        self._around[key] = entry.parent_key
        if len(self._around) > _REMEMBERED:
            self._around.popitem(last=False)
        if span is not None:
            span.set_input(shown(span, _question, entry))
        if role is Role.AGENT:
            _instruct(span, instance)

    def is_step(self, entry: Entry) -> bool:
        """Say whether this is a step of a run: a function, or a method of the run's own workflow where it is older."""
        run = self._runs.get(entry.parent_key or "")
        if run is None:
            return False
        return entry.instance is None or (entry.instance is run.instance and entry.method != "run")

    def outside(self, key: str | None) -> str | None:
        """Return what is around a run in which something claims to begin that is none of its steps.

        All that happens in a run happens in its steps. Where it is older, LlamaIndex takes a run for current in what
        called it too, until and after its end.
        """
        while key is not None and key in self._around:
            key = self._around[key]
        return key

    def step_began(self, entry: Entry) -> None:
        """Begin a step."""
        run = self._runs[entry.parent_key or ""]
        given = next(filter(_is_event, entry.named_arguments.values()), None)
        step = self._steps[entry.key] = _Step(run, entry.method, getattr(given, "tool_id", None))
        if run.role is Role.WORKFLOW and not entry.method.startswith("_"):
            step.span = self.recorder.start(SpanKind.OPERATION, entry.method, key=entry.key, parent_key=run.key)
            if step.span is not None:
                step.span.set_input(shown(step.span, _fields, given))
            return
        if run.role is Role.TEAM and entry.method in _TURNS:
            self._take_turn(run, given)
        self.recorder.alias(entry.key, run.agent_key or run.key)

    def ended(self, key: str, result: Any) -> bool:
        """End a run or a step; False if it is neither."""
        step = self._steps.pop(key, None)
        if step is not None:
            step.run.error = None
            if step.span is not None:
                self.recorder.end(key, output=shown(step.span, _answer, result))
            elif step.name == _ASKING:
                step.run.output = shown(step.run.span, _answer, result)
            return True
        run = self._runs.pop(key, None)
        if run is None:
            return False
        # Before workflows 2.15 a run that failed ends without a result, and nothing is said of why.
        error = run.error if result is None and not run.is_cancelled else None
        self._end(run, output=shown(run.span, _answer, result), error=error)
        return True

    def failed(self, key: str, error: BaseException | None) -> bool:
        """End a run or a step with what it raised; False if it is neither."""
        step = self._steps.pop(key, None)
        if step is not None:
            if not step.name.startswith("_") and (step.run.error is None or isinstance(step.run.error, CancelledError)):
                step.run.error = error
            if step.span is not None:
                self.recorder.end(key, error=error)
            return True
        run = self._runs.pop(key, None)
        if run is None:
            return False
        if type(error).__name__ == _CANCELLED:
            run.is_cancelled, error = True, None
        self._end(run, error=error)
        return True

    def cancelled(self, key: str | None) -> None:
        """Take note that a run was called off, which LlamaIndex reports as an end like any other."""
        run = self._runs.get(key or "")
        if run is not None:
            run.is_cancelled = True

    def waits(self, step_key: str | None, tool_key: str, tool: Span, wait: Any) -> bool:
        """Record that a tool waits for an event, as from a person; False if it is not an agent's call of the tool."""
        step = self._steps.get(step_key or "")
        if step is None or step.call_id is None:
            return False
        human = self.recorder.start(SpanKind.HUMAN, "human input", parent=tool)
        if human is not None:
            human.set_input(shown(human, _fields, getattr(wait.add, "waiter_event", None)))
        step.run.waits[step.call_id] = (tool_key, human)
        return True

    def resumed(self, step_key: str | None) -> str | None:
        """Return the key of the tool that goes on in this step, if it has waited."""
        step = self._steps.get(step_key or "")
        if step is None or step.call_id is None:
            return None
        tool_key, human = step.run.waits.pop(step.call_id, (None, None))
        if human is not None:
            self.recorder.end(human)
        return tool_key

    def call_id(self, step_key: str | None) -> str | None:
        """Return the id of the call of a tool that a step answers."""
        step = self._steps.get(step_key or "")
        return step.call_id if step is not None else None

    def agent_of_step(self, step_key: str | None) -> str | None:
        """Return the name of the agent whose turn it is in a team."""
        step = self._steps.get(step_key or "")
        return step.run.agent_name if step is not None else None

    def can_hand_off(self, step_key: str | None, target: object) -> bool:
        """Say whether the agent whose turn it is may hand over to another one: a team refuses what it does not know."""
        step = self._steps.get(step_key or "")
        agents = getattr(step.run.instance, "agents", {}) if step is not None else {}
        if step is None or target not in agents:
            return False
        allowed = getattr(agents.get(step.run.agent_name), "can_handoff_to", None)
        return allowed is None or target in allowed

    def _take_turn(self, run: _Run, given: Any) -> None:
        name = getattr(given, "current_agent_name", None)
        if name is None or (name == run.agent_name and run.agent_key is not None):
            return
        self._end_turn(run)
        run.turns += 1
        run.agent_name = name
        run.agent_key = f"{run.key}/{run.turns}"
        span = self.recorder.start(SpanKind.AGENT, str(name), key=run.agent_key, parent_key=run.key)
        if span is not None:
            span.set_input(shown(span, _last_question, getattr(given, "input", None)))
        _instruct(span, getattr(run.instance, "agents", {}).get(name))

    def _end(self, run: _Run, *, output: Any = None, error: BaseException | None = None) -> None:
        status = SpanStatus.CANCELLED if run.is_cancelled else None
        self._end_waits(run)
        self._end_turn(run, error=error, status=status)
        self.recorder.end(run.key, output=output, error=error, status=status)

    def _end_waits(self, run: _Run) -> None:
        """End what nobody will answer any more."""
        for tool_key, human in run.waits.values():
            if human is not None:
                self.recorder.end(human, status=SpanStatus.CANCELLED)
            self.recorder.end(tool_key, status=SpanStatus.CANCELLED)
        run.waits.clear()

    def _end_turn(self, run: _Run, **facts: Any) -> None:
        if run.agent_key is not None:
            self.recorder.end(run.agent_key, output=run.output, **facts)
            run.agent_key = run.agent_name = run.output = None


def _instruct(span: Span | None, agent: Any) -> None:
    prompt = getattr(agent, "system_prompt", None)
    if span is not None and isinstance(prompt, str):
        span.set({GenAI.SYSTEM_INSTRUCTIONS: [text(prompt)]})


def _question(entry: Entry) -> Any:
    """Return what a run was asked: the user's message, or the fields of the event that starts it."""
    given = entry.named_arguments
    start = given.get("start_event")
    for holder in (start, given):
        asked = _get(holder, "user_msg")
        if asked is not None:
            return said_in(asked)
        history = _get(holder, "chat_history")
        if history:
            return _last_question(history)
    return _fields(start) if start is not None else plain(entry.arguments.get("kwargs") or None)


def _last_question(messages: Any) -> str | None:
    """Return what the user said last."""
    asked = [item for item in messages or () if getattr(item.role, "value", item.role) == "user"]
    return said_in(asked[-1]) if asked else None


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _is_event(value: Any) -> bool:
    return any(base.__name__ == "Event" and base.__module__.startswith("workflows.") for base in type(value).__mro__)


def _fields(event: Any) -> Any:
    """Return what an event carries: in fields of its class, and in those that it was only given."""
    if event is None or not _is_event(event):
        return plain(event)
    fields = event.model_dump()
    fields.update(fields.pop("_data", None) or {})
    return plain(fields)


def _answer(result: Any) -> Any:
    """Return what a run or a step ended with: what an agent said, else the event's own result."""
    value = getattr(result, "result", result) if _is_event(result) else result
    structured = getattr(value, "structured_response", None)
    said = getattr(value, "response", None)
    if structured is not None:
        return plain(structured)
    if said is not None and hasattr(said, "blocks"):
        return said_in(said)
    return _fields(value)
