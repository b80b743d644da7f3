"""An agent of your own on the anthropic library: two decorators, and each model call is recorded by itself.

Runs with no key: a server in this program stands in for Anthropic. With a key, leave ``base_url`` out.

    pip install 'agentops[anthropic]'
    python anthropic_session.py
    agentops show last
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import anthropic

import agentops

agentops.init(tags=["example"], auto_start_session=False)

TRAINS = {"name": "find_trains", "description": "Find trains.", "input_schema": {"type": "object", "properties": {}}}


class Provider(BaseHTTPRequestHandler):
    """Answers like Anthropic's Messages API: first with a tool call, then with a sentence."""

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_first = len(asked["messages"]) == 1
        call = {
            "type": "tool_use",
            "id": "t1",
            "name": "find_trains",
            "input": {"origin": "Berlin", "destination": "Vienna"},
        }
        said = {"type": "text", "text": "Take the 08:04; you are there at 12:31."}
        answer = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "content": [call if is_first else said],
            "stop_reason": "tool_use" if is_first else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 120, "output_tokens": 18, "cache_read_input_tokens": 0 if is_first else 96},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@agentops.tool
def find_trains(origin: str, destination: str) -> list[str]:
    return [f"{origin} 08:04 - {destination} 12:31"]


@agentops.agent
def planner(client: anthropic.Anthropic, wish: str) -> str:
    messages: list = [{"role": "user", "content": wish}]
    while True:
        answer = client.messages.create(model="claude-haiku-4-5", max_tokens=500, messages=messages, tools=[TRAINS])
        messages.append({"role": "assistant", "content": answer.content})
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            return answer.content[0].text
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(find_trains(**call.input))}
            for call in calls
        ]
        messages.append({"role": "user", "content": results})


@agentops.session(name="trip", tags=["travel"])
def plan() -> str:
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.server_port}", api_key="none") as client:
            return planner(client, "I want to be in Vienna by one o'clock on Saturday.")
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    print(plan())
