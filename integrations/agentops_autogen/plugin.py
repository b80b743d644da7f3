"""What agentops is told about AutoGen; imports no part of it."""

from collections.abc import Callable, Iterable

import agentops
from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]

_MINIMUM = "0.6.4"


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops.patches import Patches
    from agentops_autogen.agentchat_parts import patch_agentchat
    from agentops_autogen.core_parts import patch_core

    # Importing autogen_agentchat's parts is what imports autogen_core, where that waited for it.
    agentops.disable("autogen-core")
    patches = Patches()
    patch_core(patches, recorder)
    patch_agentchat(patches, recorder)
    return patches.undo


def _install_core(recorder: Recorder) -> Callable[[], None]:
    from agentops.patches import Patches
    from agentops_autogen.core_parts import patch_core

    patches = Patches()
    patch_core(patches, recorder)
    return patches.undo


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe AutoGen, and its core for programs that use nothing else of it.

    Neither needs ``agentops_current_parent``: each of their spans is made current, by our own context variable,
    wherever AutoGen runs the work of that span, be it a task of a runtime that was started elsewhere.
    """
    return [
        Integration(
            name="autogen",
            distribution="autogen-agentchat",
            trigger="autogen_agentchat",
            minimum=_MINIMUM,
            install=_install,
            supersedes=("autogen-core",),
        ),
        Integration(
            name="autogen-core",
            distribution="autogen-core",
            trigger="autogen_core",
            minimum=_MINIMUM,
            install=_install_core,
            extra="autogen",
        ),
    ]
