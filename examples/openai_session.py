"""An agent of your own on the openai library: two decorators, and each model call is recorded by itself.

Runs with no key: a server in this program stands in for OpenAI. With a key, leave ``base_url`` out.

    pip install 'agentops[openai]'
    python openai_session.py
    agentops show last
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai

import agentops

agentops.init(tags=["example"], auto_start_session=False)

TRAINS = {"type": "function", "function": {"name": "find_trains", "parameters": {"type": "object", "properties": {}}}}


class Provider(BaseHTTPRequestHandler):
    """Answers like OpenAI's chat completions: first with a tool call, then with a sentence."""

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": None}
        if asked["messages"][-1]["role"] == "tool":
            message["content"] = "Take the 08:04; you are there at 12:31."
        else:
            arguments = json.dumps({"origin": "Berlin", "destination": "Vienna"})
            function = {"name": "find_trains", "arguments": arguments}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "finish_reason": "stop" if message["content"] else "tool_calls"}
        usage = {"prompt_tokens": 120, "completion_tokens": 18, "total_tokens": 138}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini-2024-07-18"}
        body = json.dumps({**head, "choices": [choice], "usage": usage}).encode()
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
def planner(client: openai.OpenAI, wish: str) -> str | None:
    messages: list = [{"role": "user", "content": wish}]
    while True:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[TRAINS])
        said = answer.choices[0].message
        if not said.tool_calls:
            return said.content
        messages.append(said.model_dump(exclude_none=True))
        for call in said.tool_calls:
            result = find_trains(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})


@agentops.session(name="trip", tags=["travel"])
def plan() -> str | None:
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none") as client:
            return planner(client, "I want to be in Vienna by one o'clock on Saturday.")
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    print(plan())
