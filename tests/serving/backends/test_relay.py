"""The relay over a stand-in of `llama-server`: what is shown, what is asked, and what becomes of a lost server."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from serving.backends.llama import forgotten
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer
from tests.serving import tiny
from tests.serving.engine.conftest import answer

pytestmark = pytest.mark.engine


def test_an_answer_comes_whole_and_in_pieces_with_its_figures(relay):
    async def work(running):
        whole = await running.ask("one", "SAY Grüße aus Köln, 寿司|", stream=False)
        return whole, await running.ask("one", "SAY Grüße aus Köln, 寿司|")

    (whole, done), (streamed, done_streamed) = relay(work)

    assert whole == streamed == "Grüße aus Köln, 寿司"
    assert (done.finish, done.completion_tokens) == (done_streamed.finish, done_streamed.completion_tokens)
    assert done.finish == "stop"
    assert done.completion_tokens > 10


def test_a_stop_text_is_never_shown_and_hangs_up(relay):
    async def work(running):
        shown = await running.ask("one", "SLOWLY SAY one two three four five six seven eight nine|", stop=["three"])
        await running.until_hung_up()
        return shown

    text, done = relay(work)

    assert (text, done.finish) == ("one two", "stop")


@pytest.mark.slow
def test_an_answer_at_its_limit_ends_so_even_within_a_character(relay):
    async def work(running):
        return await running.ask("one", "SAY 寿司|", max_tokens=4), await running.ask("one", "SAY 寿司|", max_tokens=3)

    (cut, done), (short, _) = relay(work)

    assert (short, cut[0], done.finish, done.completion_tokens) == ("寿", "寿", "length", 4)
    assert set(cut[1:]) == {"\ufffd"}


@pytest.mark.slow
def test_log_probs_are_told_token_by_token(relay):
    async def work(running):
        return await running.ask("one", "SAY Hi there|", logprobs=True, top_logprobs=2, stream=False)

    text, done = relay(work)

    assert "".join(token for token, _, _ in done.tokens) == text == "Hi there"
    assert all(log_prob == -0.5 and len(likeliest) == 2 for _, log_prob, likeliest in done.tokens)
    assert done.mean_log_prob == -0.5


@pytest.mark.slow
def test_what_changes_the_draw_reaches_the_server_in_our_order(relay):
    async def work(running):
        await running.ask(
            "one",
            "SAY a|",
            temperature=0.7,
            top_p=0.9,
            top_k=5,
            min_p=0.1,
            seed=7,
            repetition_penalty=1.2,
            logit_bias={3: 2},
        )
        await running.ask("one", "SAY a|")
        return running.questions

    drawn, greedy = relay(work)

    assert drawn["samplers"] == ["penalties", "temperature", "top_k", "min_p", "top_p"]
    assert (drawn["temperature"], drawn["top_p"], drawn["top_k"], drawn["min_p"]) == (0.7, 0.9, 5, 0.1)
    assert (drawn["seed"], drawn["repeat_penalty"], drawn["logit_bias"]) == (7, 1.2, [[3, 2.0]])
    assert (greedy["samplers"], greedy["top_k"]) == (["penalties", "top_k"], 1)


def test_a_run_of_sixteen_tokens_is_said_twice_only_where_the_prompt_says_it(relay):
    sentence = "qxzjw kvbyp fghmw zqjxk vwpby "

    async def work(running):
        again, _ = await running.ask("one", f"SAY {sentence * 2}|", max_tokens=200)
        forbidden, _ = await running.ask("one", f"BACKWARDS SAY {(sentence * 2)[::-1]}|", max_tokens=200)
        return again, forbidden, running.questions

    again, forbidden, questions = relay(work)

    assert again == (sentence * 2).strip()
    # The token that would end the run is another one; what follows is the question's rest.
    assert forbidden.startswith(sentence.strip())
    assert (sentence * 2).strip() not in forbidden
    banned = [question for question in questions if question["logit_bias"]]
    assert all(question["n_predict"] == 1 and question["logit_bias"][0][1] is False for question in banned)
    assert banned


def test_a_task_of_labels_is_held_and_a_schema_that_cannot_be_is_refused(relay, zoo):
    labels = tiny.adapter_entry("labels", zoo.one, zoo.base).model_copy(update={"task": tiny.LABEL_TASK})
    schema = {"type": "object", "properties": {"a": {"type": "string", "format": "email"}}, "required": ["a"]}

    async def work(running):
        told = await running.ask("labels", "SAY refund|", form="task")
        with pytest.raises(RequestRefused) as lied:
            await running.ask("labels", "SAY nonsense|", form="task")
        with pytest.raises(RequestRefused) as refused:
            await running.ask("labels", "SAY {}|", form="json_schema", answer_schema=schema)
        return told, lied.value, refused.value, running.questions

    (text, done), lied, refused, questions = relay(work, entries=[labels])

    assert (text, done.finish) == ("refund", "stop")
    assert 'r0 ::= "refund" | "not a refund"' in questions[0]["grammar"]
    assert lied.code == "invalid_schema"
    assert (refused.status, refused.code) == (400, "invalid_schema")
    assert "'format'" in refused.message


def test_a_server_killed_within_an_answer_ends_it_as_lost_and_comes_again(relay):
    async def work(running):
        with pytest.raises(RequestRefused) as lost:
            await running.ask("one", "DIE SAY one two three four five|")
        again = await running.ask("one", "SAY here|")
        return lost.value, again, running.server_of("one")["starts"]

    lost, (text, _), starts = relay(work)

    assert (lost.status, lost.code) == (503, "engine_lost")
    assert text == "here"
    assert starts == 2


def test_a_question_that_had_not_begun_is_asked_again_once(relay):
    async def work(running):
        await running.ask("one", "SAY a|")
        slow = asyncio.create_task(running.ask("one", "SLOWLY SAY patience|", stream=False))
        await asyncio.sleep(0.15)
        os.kill(running.server_of("one")["pid"], signal.SIGKILL)
        return await slow, running.server_of("one")["starts"]

    (text, done), starts = relay(work)

    assert (text, done.finish) == ("patience", "stop")
    assert starts == 2


@pytest.fixture
def impatient(monkeypatch):
    """Questions are looked after at once."""
    for name, seconds in (("SILENT_S", 0.2), ("SETTLED_S", 0.1), ("LOOK_EVERY_S", 0.1)):
        monkeypatch.setattr(forgotten, name, seconds)


@pytest.mark.parametrize("stream", [True, False])
def test_a_question_that_the_server_forgets_is_asked_again(relay, impatient, stream):
    async def work(running):
        await running.ask("one", "SAY a|")
        return await running.ask("one", "FORGET SAY here|", stream=stream), len(running.questions)

    (text, done), asked = relay(work)

    assert (text, done.finish, asked) == ("here", "stop", 3)


@pytest.mark.slow
def test_a_silent_answer_that_is_being_written_is_waited_for(relay, impatient):
    async def work(running):
        return await running.ask("one", "SLOWLY SAY one two three four five|", stream=False), len(running.questions)

    (text, _), asked = relay(work)

    assert (text, asked) == ("one two three four five", 1)


def test_one_who_hangs_up_frees_the_place(relay):
    async def work(running):
        asked = GenerateRequest(model="one", messages=tiny.user(f"SLOWLY SAY {'word ' * 30}|"), max_tokens=100)
        row = await running.relay.ask(asked)
        await row.inbox.get()
        await running.relay.cancel(row)
        await running.until_hung_up()
        await asyncio.sleep(0.1)
        return running.relay.state()

    state = relay(work)

    assert (state["running"], state["waiting"]) == (0, 0)
    assert next(model for model in state["models"] if model["name"] == "one")["cancelled"] == 1


@pytest.mark.slow
def test_one_who_hangs_up_before_the_first_step_frees_the_place(relay):
    async def work(running):
        await running.ask("one", "SAY a|")
        asked = GenerateRequest(model="one", messages=tiny.user("SAY b|"), max_tokens=5)
        await running.relay.cancel(await running.relay.ask(asked))
        text, _ = await running.ask("one", "SAY c|")
        await asyncio.sleep(0.1)
        return text, running.relay.state()["running"]

    assert relay(work, max_batch=1) == ("c", 0)


@pytest.mark.slow
def test_callers_take_turns_and_a_full_queue_says_when_to_come_again(relay):
    order = []

    async def work(running):
        await running.ask("one", "SAY a|")

        async def one(caller):
            await running.ask("one", "SLOWLY SAY abc|", caller=caller)
            order.append(caller)

        greedy = [asyncio.create_task(one("many")) for _ in range(4)]
        await asyncio.sleep(0.05)
        single = asyncio.create_task(one("few"))
        await asyncio.sleep(0.05)
        with pytest.raises(RequestRefused) as full:
            await one("many")
        await asyncio.gather(*greedy, single)
        return full.value

    full = relay(work, max_batch=1, max_waiting=4)

    assert (full.status, full.code) == (429, "queue_full")
    assert full.retry_after_s >= 1
    assert order.index("few") < 3


@pytest.mark.slow
def test_what_llama_cannot_serve_our_own_engine_serves_and_says_so(relay, zoo, tmp_path):
    odd = tiny.full_entry("odd", tiny.make_base(tmp_path / "gemma", "gemma"))

    async def work(running):
        _, done = await running.ask("odd", "hello", max_tokens=5)
        await running.ask("one", "SAY a|")
        return done, {model["name"]: model for model in running.relay.state()["models"]}

    done, models = relay(work, entries=[odd, *zoo.entries])

    assert isinstance(done, FinishedAnswer)
    assert models["odd"]["server"] == "own"
    assert "Gemma 3" in models["odd"]["why_own"]
    assert (models["one"]["server"], models["one"]["loaded"]) == ("llama", True)


def test_a_miniature_that_goes_takes_its_file_and_its_server_along(relay, zoo):
    async def work(running):
        await running.ask("one", "SAY a|")
        await running.relay.know([entry for entry in zoo.entries if entry.name == "two"])
        await running.ask("two", "SAY b|")
        with pytest.raises(RequestRefused) as gone:
            await running.ask("one", "SAY a|")
        return gone.value, len(running.backend.state()["servers"]), list((running.folder / "files").glob("*.gguf"))

    gone, servers, files = relay(work)

    assert (gone.status, gone.code) == (404, "model_not_found")
    assert (servers, len(files)) == (1, 1)


@pytest.mark.slow
def test_a_cancelled_question_that_waits_leaves_the_queue(relay):
    async def work(running):
        await running.ask("one", "SAY a|")
        first = asyncio.create_task(running.ask("one", "SLOWLY SAY abcdefgh|"))
        await asyncio.sleep(0.05)
        asked = GenerateRequest(model="one", messages=tiny.user("SAY b|"), max_tokens=5)
        waiting = await running.relay.ask(asked)
        before = running.relay.state()["waiting"]
        await running.relay.cancel(waiting)
        text, _ = await first
        assert (await answer(await running.relay.ask(asked)))[0] == "b"
        return before, running.relay.state()["waiting"], text

    assert relay(work, max_batch=1) == (1, 0, "abcdefgh")
