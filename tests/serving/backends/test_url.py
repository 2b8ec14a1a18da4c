"""The backend `url` against servers on loopback: one that speaks token ids as vLLM does, and one that chats."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.backends.contracts import RelaySpec
from serving.backends.relay import Relay
from serving.backends.url import backend
from serving.backends.url.backend import UrlBackend
from serving.engine.__main__ import open_scheduler
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer
from tests.serving import tiny
from tests.serving.backends import vllm_stand_in

pytestmark = pytest.mark.engine
KEY = "sk-somebody-else"
LOOPBACK = ["127.0.0.0/8"]


class Chats:
    """A server of OpenAI's chat completions: repeats what it is told, word by word, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.status, self.says, self.waits = 200, "so it is", "7"
        self.lists, self.is_away = 0, False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.keys.add(dict(scope["headers"]).get(b"authorization", b"").decode())
        if scope["path"] == "/v1/models":
            self.lists += 1
            if self.is_away:
                await vllm_stand_in.reply(send, 500, {"error": {"message": self.says}})
                return
            await vllm_stand_in.reply(send, 200, {"data": [{"id": "one"}, {"id": "their-two"}]})
            return
        assert scope["path"] == "/v1/chat/completions"
        body = await vllm_stand_in.body_of(receive)
        self.asked.append(body)
        if self.status != 200:
            head = {"status": self.status, "headers": [(b"retry-after", self.waits.encode("latin-1"))]}
            await send({"type": "http.response.start", **head})
            await send({"type": "http.response.body", "body": json.dumps({"error": {"message": self.says}}).encode()})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for event in self.events(body):
            await send({"type": "http.response.body", "body": f"data: {event}\n\n".encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def events(self, body: dict[str, Any]) -> Iterator[str]:
        text = body["messages"][-1]["content"]
        is_cut = text.startswith("CUT ")
        pieces = [f" {word}" for word in text.removeprefix("CUT ").split()]
        for piece in pieces:
            told = {"token": piece, "logprob": -0.5, "top_logprobs": [{"token": piece, "logprob": -0.5}]}
            logprobs = {"content": [told]} if body.get("logprobs") else None
            yield json.dumps({"choices": [{"delta": {"content": piece}, "logprobs": logprobs, "finish_reason": None}]})
        if is_cut:
            return
        yield json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        yield json.dumps({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": len(pieces)}})
        yield "[DONE]"


@pytest.fixture
def listen() -> Iterator[Callable[[Any], str]]:
    """Put an application on a port of loopback; returns its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Any) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def chats() -> Chats:
    return Chats()


@pytest.fixture
def speaks_ids(folders, monkeypatch) -> vllm_stand_in.StandIn:
    """vLLM as somebody else runs it, with one of our adapters under its own name."""
    for name, value in {"PYTHONPATH": "", "VLLM_API_KEY": KEY, "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True"}.items():
        monkeypatch.setenv(name, value)
    chosen = SimpleNamespace(
        model=str(folders.base), served_model_name="base", enable_lora=True, max_lora_rank=16,
        structured_outputs_config='{"backend": "guidance"}', logits_processors="",
    )  # fmt: skip
    server = vllm_stand_in.StandIn(chosen, is_ours=False)
    server.load(lora_name="one", lora_path=str(folders.one))
    return server


@pytest.fixture
def ask_with(tmp_path, short_folder, folders, monkeypatch) -> Callable[..., Any]:
    """Run something with a relay over the backend."""
    monkeypatch.setenv("STORED_KEY_A", KEY)
    entries = [
        tiny.adapter_entry(name, folder, folders.base) for name, folder in (("one", folders.one), ("two", folders.two))
    ]

    def run(base_url: str, work: Callable[[Any], Awaitable[Any]], *, hosts: list[str] = LOOPBACK, **chosen: Any) -> Any:
        options = {"base_url": base_url, "secret_ref": "STORED_KEY_A", "private_hosts": hosts, **chosen}
        body = {"backend": "url", "socket": str(short_folder / "u.sock"), "device": "cpu", "options": options}
        folder, refs = tmp_path / "run", ["STORED_KEY_A"]
        write_spec(folder, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body=body, secret_refs=refs))
        run_dir, spec = RunDir.join(folder, reports=False), RelaySpec.model_validate(body)

        async def inside() -> Any:
            asked, own = UrlBackend(run_dir, spec), open_scheduler(run_dir, spec)
            relay = Relay(asked, own, max_batch=4, max_waiting=8)
            writing = asyncio.create_task(own.run())
            await relay.know(entries)
            try:
                return await work(lambda text, model="one", **options: answer(relay, text, model, **options))
            finally:
                relay.stop()
                await writing
                await asked.stop()
                own.compute.shutdown(cancel_futures=True)

        return asyncio.run(inside())

    return run


async def answer(relay: Relay, text: str, model: str, **options: Any) -> tuple[str, FinishedAnswer]:
    asked = {"model": model, "messages": tiny.user(text), "max_tokens": 20} | options
    row = await relay.ask(GenerateRequest.model_validate(asked))
    shown = ""
    while isinstance(news := await row.inbox.get(), str):
        shown += news
    if isinstance(news, RequestRefused):
        raise news
    return shown, news


def test_a_server_that_speaks_token_ids_is_asked_with_ours_and_held_to_our_grammar(listen, speaks_ids, ask_with):
    schema = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9, "minimum": 0}}, "required": ["a"]}

    async def work(ask):
        plain = await ask("company: Northwind")
        return plain, await ask("company: Northwind", form="json_schema", answer_schema=schema, max_tokens=40)

    plain, held = ask_with(listen(speaks_ids), work)

    assert plain[0]
    assert plain[1].completion_tokens <= 20
    assert plain[1].mean_log_prob < 0
    assert held[0] == json.dumps(json.loads(held[0]), indent=1)


def test_what_the_server_does_not_list_our_own_engine_writes(listen, speaks_ids, ask_with):
    served_here = ask_with(listen(speaks_ids), lambda ask: ask("company: Northwind", "two", max_tokens=4))

    assert served_here[0]


def test_a_chat_comes_in_pieces_cut_at_a_stop_without_thinking_and_with_the_server_s_usage(listen, chats, ask_with):
    async def work(ask):
        whole = await ask("<think> hm </think> one two three")
        told = await ask("one two", logprobs=True, top_logprobs=1, temperature=0.5, seed=3)
        return whole, await ask("one two three four", stop=["three"]), told

    whole, stopped, told = ask_with(listen(chats), work, way="chat", names={"one": "their-two"})

    assert whole[0] == "one two three"
    assert (whole[1].prompt_tokens, whole[1].completion_tokens, whole[1].finish) == (7, 6, "stop")
    # Three words came, and four characters are taken for a token.
    assert (stopped[0], stopped[1].prompt_tokens, stopped[1].completion_tokens) == ("one two", 4, 3)
    assert [token for token, _, _ in told[1].tokens] == [" one", " two"]
    assert told[1].mean_log_prob == -0.5
    assert chats.keys == {f"Bearer {KEY}"}
    assert [body["model"] for body in chats.asked] == ["their-two"] * 3
    assert (chats.asked[1]["seed"], chats.asked[1]["temperature"]) == (3, 0.5)
    assert all("stop" not in body for body in chats.asked)


def test_a_stream_without_an_end_is_lost_and_an_option_beyond_the_wire_refused(listen, chats, ask_with):
    async def work(ask):
        with pytest.raises(RequestRefused) as lost:
            await ask("CUT one two")
        with pytest.raises(RequestRefused) as beyond:
            await ask("one", min_p=0.5)
        return lost.value, beyond.value

    lost, beyond = ask_with(listen(chats), work, way="chat")

    assert (lost.status, lost.code) == (503, "engine_lost")
    assert (beyond.status, beyond.code) == (400, "unsupported_parameter")
    assert len(chats.asked) == 1


@pytest.mark.parametrize(
    ("status", "waits", "code", "retry_after_s"),
    [
        (429, "7", "server_busy", 7), (429, "0.4", "server_busy", 1), (429, "1e999", "server_busy", 3600),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", "server_busy", 0), (429, "²", "server_busy", 5),
        (503, "7", "server_away", 7), (401, "7", "key_refused", None), (400, "7", "invalid_request", None),
    ],
)  # fmt: skip
def test_a_refusal_keeps_its_sense_and_its_time(listen, chats, ask_with, status, waits, code, retry_after_s):
    chats.status, chats.waits = status, waits

    async def work(ask):
        with pytest.raises(RequestRefused) as refused:
            await ask("one")
        return refused.value

    refused = ask_with(listen(chats), work, way="chat")

    assert (refused.code, refused.retry_after_s) == (code, retry_after_s)
    assert "so it is" in refused.message


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_key_that_the_server_quotes_goes_no_further(listen, chats, ask_with, caplog, status):
    chats.status, chats.says = status, f"Incorrect API key provided: {KEY}."

    async def work(ask):
        with pytest.raises(RequestRefused) as refused:
            await ask("one")
        return refused.value

    refused = ask_with(listen(chats), work, way="chat")

    assert KEY not in refused.message + caplog.text
    assert ("[key]" in refused.message) == (status != 500)


def test_an_error_without_end_is_not_read_to_its_end(listen, chats, ask_with):
    chats.status, chats.says = 400, "x" * (33 << 20)

    async def work(ask):
        with pytest.raises(RequestRefused) as refused:
            await ask("one")
        return refused.value

    assert ask_with(listen(chats), work, way="chat").code == "engine_lost"


def test_of_many_questions_one_looks_whether_a_server_that_was_away_is_back(listen, chats, ask_with, monkeypatch):
    monkeypatch.setattr(backend, "AWAY_FOR_S", 0.5)
    chats.is_away = True

    async def work(ask):
        refused = await asyncio.gather(*(ask("one") for _ in range(4)), return_exceptions=True)
        looks = chats.lists
        chats.is_away = False
        await asyncio.sleep(0.6)
        return [each.code for each in refused], looks, await ask("one two")

    codes, looks, answered = ask_with(listen(chats), work, way="chat")

    assert (codes, answered[0]) == (["server_away"] * 4, "one two")
    # As many as there were questions and models to begin with, had each looked itself.
    assert looks < 4


def test_an_address_inside_that_is_not_allowed_is_never_called(listen, chats, ask_with):
    async def work(ask):
        with pytest.raises(RequestRefused) as refused:
            await ask("one")
        return refused.value

    refused = ask_with(listen(chats), work, hosts=[], way="chat")

    assert (refused.status, refused.code) == (503, "address_refused")
    assert not chats.keys


def test_the_task_s_own_json_is_asked_for_as_a_schema(listen, chats, ask_with, folders):
    ask_with(listen(chats), lambda ask: ask("one", form="json_object"), way="chat")

    assert chats.asked[0]["response_format"] == {"type": "json_object"}
