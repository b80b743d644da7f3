"""The command line's data commands; each takes its arguments and returns an exit code."""

import argparse

from agentops_dashboard.store import home_directory

__all__ = ["serve"]


def serve(argv: list[str]) -> int:
    """Serve the dashboard on this machine."""
    parser = argparse.ArgumentParser(prog="agentops serve", description="Serve the dashboard on this machine.")
    parser.add_argument("--port", type=int, default=8632, help="0 picks a free one")
    options = parser.parse_args(argv)
    import uvicorn

    from agentops_dashboard.app import create_app

    uvicorn.run(create_app(home_directory()), host="127.0.0.1", port=options.port, log_level="warning")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(serve(sys.argv[1:]))
