"""Sessions: which there are, what they carry, and which one an event belongs to."""

import asyncio
import threading
from pathlib import Path

import pytest

import agentops
from agentops.sdk.decorators import session
from agentops.testing import recording
from agentops.testing.conformance import check_tree
from tests.spooled import read_spool, run_program

STEP = """
@agentops.operation
def step(): ...
"""


def test_init_with_a_key_and_tags_gives_one_session_whose_events_carry_the_tags(agentops_home: Path) -> None:
    """``init(api_key=…, tags=…)`` alone records to this machine, without a network and without a word."""
    done = run_program(
        f"import agentops\nagentops.init(api_key='YOUR_API_KEY', tags=['production'])\n{STEP}\nstep()\nstep()"
    )
    spooled = read_spool(agentops_home)
    assert done.stderr == ""
    assert done.stdout == ""
    assert spooled.outline() == "default\n  step\n  step"
    assert {span.tags for span in spooled.spans.values()} == {("production",)}
    assert spooled.sessions[0].attributes["agentops.session.state"] == "success"
    assert spooled.sessions[0].attributes["agentops.session.span_count"] == 3


def test_start_session_without_an_automatic_one_gives_just_that_session(agentops_home: Path) -> None:
    """``auto_start_session=False`` and ``start_session(tags=…)`` give one session; every event carries its tags."""
    run_program(
        "import agentops\nagentops.init(api_key='YOUR_API_KEY', auto_start_session=False)\n"
        f"agentops.start_session(tags=['customer-query', 'high-priority'])\n{STEP}\nstep()\n"
        "agentops.end_session('Success')"
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "session\n  step"
    assert {span.tags for span in spooled.spans.values()} == {("customer-query", "high-priority")}


def test_session_decorator_alone_gives_one_session_per_call(agentops_home: Path) -> None:
    """``@session`` needs no ``init()``, and no empty automatic session appears beside its own."""
    run_program(
        f"import agentops\nfrom agentops.sdk.decorators import session\n{STEP}\n"
        "@session\ndef answer(question):\n    step()\n    return question.upper()\nanswer('why?')"
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "answer\n  step"
    root = spooled.sessions[0]
    assert root.attributes["input.value"] == '{"question":"why?"}'
    assert root.attributes["output.value"] == "WHY?"


def test_no_empty_automatic_session_beside_explicit_ones(agentops_home: Path) -> None:
    """The automatic session does not appear when it has no event and another session was recorded."""
    run_program("import agentops\nagentops.init()\nwith agentops.start_session('mine'): pass")
    assert read_spool(agentops_home).outline() == "mine"


def test_a_program_that_records_nothing_shows_its_automatic_session(agentops_home: Path) -> None:
    """``init()`` and nothing else still leaves a trace of the run."""
    run_program("import agentops\nagentops.init()")
    assert read_spool(agentops_home).outline() == "default"


def test_importing_agentops_records_nothing(agentops_home: Path) -> None:
    """Without ``init()`` and without a call nothing is written, not even a directory."""
    run_program(f"import agentops\n{STEP}")
    assert not agentops_home.exists()


def test_sessions_in_two_threads_are_two_trees() -> None:
    """Two ``@session`` calls at once in two threads give two separate trees."""
    meet = threading.Barrier(2)

    @session
    def answer(name: str) -> None:
        meet.wait(10)
        agentops.operation(name=name)(meet.wait)(10)

    with recording() as recorded:
        threads = [threading.Thread(target=answer, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    check_tree(recorded)
    assert sorted(recorded.outline(item) for item in recorded.sessions) == [
        "session answer\n  operation one",
        "session answer\n  operation two",
    ]


def test_sessions_in_two_tasks_are_two_trees() -> None:
    """Two ``@session`` calls at once in two asyncio tasks give two separate trees."""

    @agentops.operation
    async def step(name: str) -> str:
        await asyncio.sleep(0.001)
        return name

    @session
    async def answer(name: str) -> None:
        await asyncio.gather(step(name), step(name))

    async def main() -> None:
        await asyncio.gather(answer("one"), answer("two"))

    with recording() as recorded:
        asyncio.run(main())
    check_tree(recorded)
    assert [recorded.outline(item) for item in recorded.sessions] == [
        "session answer\n  operation step\n  operation step"
    ] * 2


def test_a_session_inside_another_is_its_own_and_linked() -> None:
    """A nested session has its own id, names its parent, and the outer one is current again after it."""
    with recording() as recorded, agentops.start_session("outer") as outer:
        with agentops.start_session("inner", tags=["deep"]) as inner:
            agentops.operation(name="within")(lambda: None)()
        agentops.operation(name="after")(lambda: None)()
    assert recorded.outline() == "session outer\n  operation after\nsession inner\n  operation within"
    assert inner.root.attributes["agentops.session.parent_id"] == outer.id
    assert inner.root.attributes["agentops.session.parent_span_id"] == outer.root.id
    assert outer.tags == []
    assert inner.tags == ["deep"]


def test_end_session_ends_the_callers_session_only() -> None:
    """``end_session`` in one thread leaves the other thread's session running."""
    with recording() as recorded:
        mine = agentops.start_session("mine")
        thread = threading.Thread(target=lambda: (agentops.start_session("other"), agentops.end_session("Fail")))
        thread.start()
        thread.join()
        assert mine.state == "running"
        agentops.end_session("Success")
    assert [(item.name, item.state) for item in recorded.sessions] == [("mine", "success"), ("other", "error")]


def test_default_tags_and_own_tags_and_later_tags() -> None:
    """A session has the default tags, its own, and those added later, each once."""
    with recording(default_tags=["app"]):
        with agentops.start_session(tags={"env": "prod"}) as one:
            one.add_tags(["app", "late"])
        assert one.tags == ["app", "env:prod", "late"]


def test_a_span_still_open_at_the_end_is_unfinished_and_a_late_end_corrects_it() -> None:
    """Ending a session closes what is open as ``unfinished``; when it does end, that is what counts."""
    recorder = agentops.Recorder("test")
    with recording() as recorded:
        with agentops.start_session("one"):
            recorder.start("llm", "gpt", key="call")
        assert recorded.outline() == "session one\n  llm gpt [unfinished]"
        recorder.end("call", output="late")
        recorder.end("call", output="too late")
    assert recorded.outline() == "session one\n  llm gpt"
    span = recorded.find("llm")[0]
    assert span.output == "late"
    assert span.outlived_parent


@pytest.mark.parametrize(
    ("error", "state"),
    [(ValueError("broken"), "error"), (KeyboardInterrupt(), "cancelled"), (asyncio.CancelledError(), "cancelled")],
)
def test_an_exception_decides_the_state_and_goes_on_unchanged(error: BaseException, state: str) -> None:
    """An exception that leaves the block is the same object outside, and cancellation is not an error."""
    with recording() as recorded, pytest.raises(type(error)) as caught, agentops.start_session():
        raise error
    assert caught.value is error
    assert recorded.sessions[0].state == state


def test_an_uncaught_exception_ends_the_automatic_session_as_error(agentops_home: Path) -> None:
    """A crash is recorded with its type, message and stack."""
    done = run_program(f"import agentops\nagentops.init()\n{STEP}\nstep()\nraise ValueError('broken')", check=False)
    root = read_spool(agentops_home).sessions[0]
    assert done.returncode == 1
    assert "ValueError: broken" in done.stderr
    assert root.attributes["agentops.session.state"] == "error"
    event = root.raw["events"][0]
    assert [item["value"]["stringValue"] for item in event["attributes"]][:2] == ["ValueError", "broken"]


def test_wrong_tags_are_answered_with_what_to_write() -> None:
    """Tags that are not text are refused where they are set."""
    with recording():
        with pytest.raises(agentops.ConfigurationError, match="tags must be strings, but 7 is int; write '7'"):
            agentops.start_session(tags=["a", 7])  # type: ignore[list-item]
        with pytest.raises(agentops.ConfigurationError, match="must be a list of strings or a mapping, not 5"):
            agentops.init(tags=5)


def test_unknown_argument_of_init_names_the_nearest() -> None:
    """A misspelt argument is answered with the one that was meant."""
    with pytest.raises(
        agentops.ConfigurationError, match="no argument 'auto_start_sesion'; did you mean 'auto_start_session'"
    ):
        agentops.init(auto_start_sesion=False)


def test_calling_init_for_each_request_piles_nothing_up(agentops_home: Path) -> None:
    """Other tags are not another destination: one spool and one thread, whatever is changed how often."""
    run_program(
        "import agentops, threading\nfor n in range(50):\n    agentops.init(tags=[str(n)], trace_name=f'r{n}')\n"
        f"{STEP}".replace("\n@", "\n    @").replace("\ndef", "\n    def")
        + "    step()\nagentops.init(service_name='other')\nstep()\n"
        "assert len(threading.enumerate()) == 2, threading.enumerate()\n"
    )
    spooled = read_spool(agentops_home)
    assert [(root.name, root.tags, root.status) for root in spooled.sessions[:-1]] == [
        (f"r{number}", (str(number),), "ok") for number in range(50)
    ]
    assert len(spooled.spans) == 102
    assert len({span.resource["service.instance.id"] for span in spooled.spans.values()}) == 2


def test_another_init_leaves_no_empty_session_behind(agentops_home: Path) -> None:
    """Settings that change before anything happens, or after it, bring no second, empty automatic session."""
    code = "import agentops\nagentops.init()\nagentops.init(tags=['two'])\n"
    run_program(code)
    assert read_spool(agentops_home).outline() == "default"
    run_program(f"{code}{STEP}\nstep()\nagentops.init(tags=['three'])", AGENTOPS_HOME=str(agentops_home / "other"))
    spooled = read_spool(agentops_home / "other")
    assert spooled.outline() == "default\n  step"
    assert spooled.sessions[0].tags == ("two",)
