"""What agentops is told about LlamaIndex; imports no part of it."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration. ``llama_index`` itself is a namespace: what is imported is ``llama_index.core``."""
    return [
        Integration(
            name="llama-index",
            distribution="llama-index-core",
            minimum="0.13.0",
            trigger="llama_index.core",
            probe="VectorStoreIndex",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_llama_index.installation import install

    return install(recorder)
