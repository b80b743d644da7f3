"""Recording what ``autogen_agentchat`` does: teams, agents, and who is asked before code runs."""

import sys

from autogen_agentchat.agents import BaseChatAgent, CodeExecutorAgent
from autogen_agentchat.teams import BaseGroupChat, SelectorGroupChat

from agentops import Recorder
from agentops.families import patch_family
from agentops.method_calls import recorded_coroutine, recorded_stream
from agentops.patches import Patches
from agentops_autogen.agents import AgentRecording, SpeakerRecording, TeamRecording
from agentops_autogen.approvals import Approvals

__all__ = ["patch_agentchat"]


def patch_agentchat(patches: Patches, recorder: Recorder) -> None:
    """Record from now on, until the patches are undone."""
    team, agent, speaker = (kind(recorder, patches) for kind in (TeamRecording, AgentRecording, SpeakerRecording))
    turns = {
        "on_messages": recorded_coroutine(agent, "messages"),
        "on_messages_stream": recorded_stream(agent, "messages"),
    }
    patch_family(patches, BaseGroupChat, {"run_stream": recorded_stream(team)})
    patch_family(patches, BaseChatAgent, turns)
    patch_family(patches, CodeExecutorAgent, {"execute_code_block": Approvals(recorder, patches).asking})
    manager = getattr(sys.modules[SelectorGroupChat.__module__], "SelectorGroupChatManager", None)
    if manager is not None:
        patch_family(patches, manager, {"select_speaker": recorded_coroutine(speaker)})
