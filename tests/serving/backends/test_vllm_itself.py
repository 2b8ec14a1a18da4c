"""The relay over a real vLLM on the CPU, beside our own engine: the same texts in fp32,
and what a client may ask for.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.backends.contracts import RelaySpec
from serving.backends.relay import Relay
from serving.backends.vllm import servers
from serving.backends.vllm.backend import VllmBackend
from serving.backends.vllm.server import VllmServer
from serving.engine.__main__ import open_scheduler
from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer
from tests.left_out import vllm_python
from tests.serving import tiny

pytestmark = [pytest.mark.engine, pytest.mark.vllm, pytest.mark.slow, pytest.mark.timeout(900)]
FAMILY = "qwen-wide-heads"
STARTS_WITHIN_S = 600
ASKED = "company: Northwind"
SCHEMA = {"type": "object", "properties": {"tone": {"enum": ["warm", "cold"]}, "n": {"type": "integer", "maximum": 99}}}
SCHEMA |= {"required": ["tone", "n"], "additionalProperties": False}


class Served:
    """A relay over vLLM, its loop in a thread of its own; our own engine beside it in the same process."""

    def __init__(self, folder: Path, entries: list[ModelEntry]) -> None:
        body = {"backend": "vllm", "socket": str(folder / "e.sock"), "device": "cpu", "max_batch": 16}
        body["options"] = {"python": vllm_python(), "rank": 16, "cpu_kv_gib": 1}
        write_spec(folder / "run", SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body=body))
        run, spec = RunDir.join(folder / "run", reports=False), RelaySpec.model_validate(body)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.entries = entries
        self.run(self._start(run, spec))

    async def _start(self, run: RunDir, spec: RelaySpec) -> None:
        self.backend, self.own = VllmBackend(run, spec), open_scheduler(run, spec)
        self.relay = Relay(self.backend, self.own, max_batch=spec.max_batch, max_waiting=64)
        self._writing = asyncio.create_task(self.own.run())
        await self.relay.know(self.entries)
        await self.own.shelf.know(self.entries)
        until_s = time.monotonic() + STARTS_WITHIN_S
        while True:
            try:
                await self.backend.prepare(self.entries[0])
                return
            except RequestRefused as refused:
                if refused.code != "model_loading" or time.monotonic() > until_s:
                    raise

    async def _stop(self) -> None:
        self.relay.stop()
        await self._writing
        await self.backend.stop()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(STARTS_WITHIN_S)

    def close(self) -> None:
        self.run(self._stop())
        self.own.compute.shutdown(cancel_futures=True)
        self.loop.call_soon_threadsafe(self.loop.stop)

    def ask(self, model: str = "one", *, by_own: bool = False, **options: Any) -> tuple[str, FinishedAnswer]:
        return self.run(self.answer(model, by_own=by_own, **options))

    async def answer(self, model: str = "one", *, by_own: bool = False, **options: Any) -> tuple[str, FinishedAnswer]:
        asked = {"model": model, "messages": tiny.user(ASKED), "max_tokens": 40} | options
        row = await (self.own if by_own else self.relay).ask(GenerateRequest.model_validate(asked))
        text = ""
        while isinstance(news := await row.inbox.get(), str):
            text += news
        if isinstance(news, RequestRefused):
            raise news
        return text, news


class WithFigures(VllmServer):
    """A server that counts what it writes, for a test to look at."""

    def command(self) -> list[str]:
        return [each for each in super().command() if each != "--disable-log-stats"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "VllmServer", WithFigures)
        yield from _served(tmp_path_factory)


def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, short = tmp_path_factory.mktemp("students"), Path(tempfile.mkdtemp(prefix="v-"))
    base = tiny.make_base(root / "base", FAMILY)
    entries = [
        tiny.adapter_entry(name, tiny.make_adapter(root / name, family=FAMILY, seed=seed, rank=rank), base)
        for name, seed, rank in (("one", 1, 4), ("two", 2, 8))
    ]
    entries.append(tiny.adapter_entry("labels", root / "two", base).model_copy(update={"task": tiny.LABEL_TASK}))
    running = Served(short, entries)
    yield running
    running.close()
    shutil.rmtree(short, ignore_errors=True)


def test_two_adapters_on_one_base_write_what_our_own_engine_writes(served):
    for model in ("one", "two"):
        theirs, ours = served.ask(model), served.ask(model, by_own=True)

        assert theirs[0] == ours[0]
        assert (theirs[1].finish, theirs[1].prompt_tokens) == (ours[1].finish, ours[1].prompt_tokens)
        assert theirs[1].completion_tokens == ours[1].completion_tokens
        assert theirs[1].mean_log_prob == pytest.approx(ours[1].mean_log_prob, abs=1e-3)
    assert served.ask("one")[0] != served.ask("two")[0]


def test_penalties_and_biases_change_what_they_change_here(served):
    for options in (
        {"repetition_penalty": 1.3},
        {"frequency_penalty": 1.5, "presence_penalty": 0.5},
        {"logit_bias": {77: 4}},
    ):
        assert served.ask(**options)[0] == served.ask(by_own=True, **options)[0]
        assert served.ask(**options)[0] != served.ask()[0]


def test_each_token_is_told_with_the_likeliest_beside_it(served):
    theirs, ours = (served.ask(by_own=own, logprobs=True, top_logprobs=3)[1] for own in (False, True))

    assert [each[0] for each in theirs.tokens] == [each[0] for each in ours.tokens]
    for told, known in zip(theirs.tokens, ours.tokens, strict=True):
        assert told[1] == pytest.approx(known[1], abs=1e-3)
        assert [each[0] for each in told[2]] == [each[0] for each in known[2]]


def test_a_schema_holds_with_its_whitespace_and_a_task_with_its_label(served):
    asked = {"form": "json_schema", "answer_schema": SCHEMA, "max_tokens": 80}

    text, done = served.ask(**asked)

    assert done.finish == "stop"
    assert text == json.dumps(json.loads(text), indent=1)
    assert text == served.ask(by_own=True, **asked)[0]
    assert served.ask("labels", form="task")[0] in ("refund", "not a refund")
    with pytest.raises(RequestRefused, match="patternProperties"):
        served.ask(form="json_schema", answer_schema={"type": "object", "patternProperties": {"a": {}}})


def test_a_seed_draws_the_same_text_again(served):
    drawn = [served.ask(seed=seed, temperature=1.0)[0] for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]


def test_a_stop_text_ends_the_answer_and_is_not_shown(served):
    whole = served.ask()[0]

    text, done = served.ask(stop=[whole[6:9]])

    assert text == whole[: whole.index(whole[6:9])].strip()
    assert done.finish == "stop"


def test_whoever_hangs_up_frees_the_place_at_vllm(served):
    async def work():
        request = GenerateRequest(model="one", messages=tiny.user(ASKED), max_tokens=400, temperature=1.0)
        row = await served.relay.ask(request)
        await row.inbox.get()
        await served.relay.cancel(row)
        (slot,) = served.backend._servers.slots.values()
        for _ in range(100):
            metrics = (await slot.server.client.get("/metrics")).text
            running = [line for line in metrics.splitlines() if line.startswith("vllm:num_requests_running")]
            if running and all(line.endswith(" 0.0") for line in running):
                return True
            await asyncio.sleep(0.1)
        return False

    assert served.run(work())


def test_sixteen_at_once_each_get_their_own_answer(served):
    async def work():
        return await asyncio.gather(*(served.answer(("one", "two")[at % 2], max_tokens=20) for at in range(16)))

    texts = {text for text, _ in served.run(work())}

    assert texts == {served.ask(name, max_tokens=20)[0] for name in ("one", "two")}


def test_a_miniature_promoted_later_answers_soon_and_one_taken_back_is_gone(served, tmp_path):
    one = served.entries[0]
    late = tiny.adapter_entry("late", tiny.make_adapter(tmp_path / "late", family=FAMILY, seed=9), Path(one.base.path))
    began_s = time.monotonic()

    served.run(served.relay.know([*served.entries, late]))
    text, _ = served.ask("late", max_tokens=4)
    seconds = time.monotonic() - began_s

    assert text
    assert seconds < 60
    served.run(served.relay.know(served.entries))
    with pytest.raises(RequestRefused, match="No model"):
        served.ask("late")
