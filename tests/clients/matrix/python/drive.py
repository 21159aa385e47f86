"""Drives the gateway with Python's clients. Usage: drive.py <url> <key> <model>. Prints a line of JSON for each try."""

import json
import sys
import traceback

from pydantic import BaseModel

URL, KEY, MODEL = sys.argv[1:4]
HELLO = "Say hello."
WEATHER = "What is the weather in Oslo?"
WHO = "Who wrote the first program?"


class Person(BaseModel):
    name: str
    age: int


def weather_in(city: str) -> str:
    return f"21 degrees in {city}"


TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def try_openai() -> dict:
    from openai import OpenAI

    client = OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)

    def plain():
        return client.chat.completions.create(model=MODEL, messages=[user(HELLO)]).choices[0].message.content

    def stream():
        chunks = client.chat.completions.create(model=MODEL, messages=[user(HELLO)], stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

    def tools():
        messages = [user(WEATHER)]
        answer = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL]).choices[0].message
        messages.append(answer.model_dump(exclude_none=True))
        for call in answer.tool_calls:
            said = weather_in(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
        return client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content

    def structured():
        parsed = client.chat.completions.parse(model=MODEL, messages=[user(WHO)], response_format=Person)
        return parsed.choices[0].message.parsed.model_dump()

    def responses():
        return client.responses.create(model=MODEL, input=HELLO).output_text

    return {"plain": plain, "stream": stream, "tools": tools, "structured": structured, "responses": responses}


def try_anthropic() -> dict:
    from anthropic import Anthropic, beta_tool

    client = Anthropic(base_url=URL, api_key=KEY, max_retries=0)

    def plain():
        answer = client.messages.create(model=MODEL, max_tokens=1024, messages=[user(HELLO)])
        return "".join(block.text for block in answer.content if block.type == "text")

    def stream():
        with client.messages.stream(model=MODEL, max_tokens=1024, messages=[user(HELLO)]) as events:
            return "".join(events.text_stream)

    def tools():
        @beta_tool
        def get_weather(city: str) -> str:
            """Get the current weather of a city.

            Args:
                city: The city.
            """
            return weather_in(city)

        runner = client.beta.messages.tool_runner(
            model=MODEL, max_tokens=1024, tools=[get_weather], messages=[user(WEATHER)]
        )
        return "".join(block.text for block in runner.until_done().content if block.type == "text")

    return {"plain": plain, "stream": stream, "tools": tools}


def try_langchain() -> dict:
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(base_url=f"{URL}/v1", api_key=KEY, model=MODEL, max_retries=0)

    @tool
    def get_weather(city: str) -> str:
        """Get the current weather of a city."""
        return weather_in(city)

    def tools():
        messages = [HumanMessage(WEATHER)]
        answer = model.bind_tools([get_weather]).invoke(messages)
        messages.append(answer)
        for call in answer.tool_calls:
            messages.append(ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]))
        return model.invoke(messages).text

    return {
        "plain": lambda: model.invoke(HELLO).text,
        "stream": lambda: "".join(chunk.text for chunk in model.stream(HELLO)),
        "tools": tools,
        "structured": lambda: model.with_structured_output(Person).invoke(WHO).model_dump(),
    }


def try_litellm() -> dict:
    import litellm

    ask = dict(model=f"openai/{MODEL}", api_base=f"{URL}/v1", api_key=KEY, num_retries=0)

    def stream():
        chunks = litellm.completion(**ask, messages=[user(HELLO)], stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    def tools():
        messages = [user(WEATHER)]
        answer = litellm.completion(**ask, messages=messages, tools=[TOOL]).choices[0].message
        messages.append(answer.model_dump(exclude_none=True))
        for call in answer.tool_calls:
            said = weather_in(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
        return litellm.completion(**ask, messages=messages).choices[0].message.content

    return {
        "plain": lambda: litellm.completion(**ask, messages=[user(HELLO)]).choices[0].message.content,
        "stream": stream,
        "tools": tools,
    }


def try_instructor() -> dict:
    import instructor
    from openai import OpenAI

    client = OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)

    def structured(mode):
        patched = instructor.from_openai(client, mode=mode)
        return patched.chat.completions.create(model=MODEL, messages=[user(WHO)], response_model=Person).model_dump()

    return {
        "structured": lambda: structured(instructor.Mode.TOOLS),
        "structured as JSON": lambda: structured(instructor.Mode.JSON_SCHEMA),
    }


def try_pydantic_ai() -> dict:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY))

    def stream():
        answer = Agent(model).run_stream_sync(HELLO)
        return "".join(answer.stream_text(delta=True))

    def tools():
        agent = Agent(model)

        @agent.tool_plain
        def get_weather(city: str) -> str:
            """Get the current weather of a city."""
            return weather_in(city)

        return agent.run_sync(WEATHER).output

    return {
        "plain": lambda: Agent(model).run_sync(HELLO).output,
        "stream": stream,
        "tools": tools,
        "structured": lambda: Agent(model, output_type=Person).run_sync(WHO).output.model_dump(),
    }


def report(client: str, what: str, attempt) -> None:
    try:
        said = {"answer": attempt()}
    except Exception:  # Whatever it is, the next client is tried all the same.
        said = {"failure": traceback.format_exc()[-2000:]}
    print(json.dumps({"client": client, "what": what, **said}), flush=True)


CLIENTS = {
    "openai": try_openai,
    "anthropic": try_anthropic,
    "langchain-openai": try_langchain,
    "litellm": try_litellm,
    "instructor": try_instructor,
    "pydantic-ai": try_pydantic_ai,
}

for name, prepare in CLIENTS.items():
    try:
        attempts = prepare()
    except Exception:
        print(json.dumps({"client": name, "what": "import", "failure": traceback.format_exc()[-2000:]}), flush=True)
        continue
    for label, attempt in attempts.items():
        report(name, label, attempt)
