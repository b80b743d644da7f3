"""An agent of your own on litellm: two decorators, and each model call is recorded by itself, whoever answers it.

Runs with no key: litellm's ``mock_response`` stands in for the provider. With a key, leave it out.

    pip install 'agentops[litellm]'
    python litellm_session.py
    agentops show last
"""

from litellm import completion

import agentops

agentops.init(tags=["example"], auto_start_session=False)


@agentops.tool
def find_trains(origin: str, destination: str) -> list[str]:
    return [f"{origin} 08:04 - {destination} 12:31"]


@agentops.agent
def planner(wish: str) -> str:
    messages = [{"role": "user", "content": wish}]
    where = completion("gpt-4o-mini", messages, mock_response="Berlin, Vienna").choices[0].message.content
    origin, destination = where.split(", ")
    messages.append({"role": "user", "content": f"There is: {find_trains(origin, destination)}"})
    stream = completion("claude-haiku-4-5", messages, mock_response="Take the 08:04 from Berlin.", stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


@agentops.session(name="trip", tags=["travel"])
def plan() -> str:
    return planner("I want to be in Vienna by one o'clock on Saturday.")


if __name__ == "__main__":
    print(plan())
