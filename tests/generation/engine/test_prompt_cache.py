"""Prompt caching: what the prompts of an order share, how each provider is told, and that one call goes ahead."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from generation.engine.calls.pace import WARMUP_FROM_CHARS, CacheWarmup
from generation.engine.clients.factory import open_form
from generation.engine.clients.interface import Question
from generation.engine.clients.prompt_prefix import PromptPrefix, shared_prefix, spread_sample
from generation.engine.contracts import TeacherSpec
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK, Attempts, teacher
from tests.generation.provider_server import Running

GUIDE = "\n".join(f"Rule {n}: keep it short and plain, and never promise what the offer does not." for n in range(60))
WITH_SYSTEM = TASK | {
    "guideline": GUIDE,
    "teacher_template": "=== system ===\n{{instruction}}\n{{guideline}}\n=== user ===\n{{facts}}\n\n{{output_format}}",
}
IN_ONE = TASK | {"guideline": GUIDE, "teacher_template": "{{instruction}}\n{{guideline}}\n{{facts}}\n{{output_format}}"}


def prompts_of(task: dict[str, Any], count: int = 5) -> list[list[prompting.Message]]:
    spec = TaskSpec.model_validate(task)
    return [prompting.messages(spec, {"company": f"Co {n}"}, audience="teacher") for n in range(count)]


def body_of(task: dict[str, Any], provider: str, prompt: list[prompting.Message]) -> dict[str, Any]:
    told = TeacherSpec.model_validate({"name": "t", "provider": provider, "model": "m"})
    form = open_form(told, task=TaskSpec.model_validate(task), sample=prompts_of(task))
    return form.params_of(Question("c", prompt, {}, seed=1, repeat=0))


def joined(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def test_a_system_message_is_shared_whole() -> None:
    prompts = prompts_of(WITH_SYSTEM)

    assert shared_prefix(prompts) == PromptPrefix((prompts[0][0],), "")


def test_one_message_is_shared_to_the_end_of_the_last_line_before_the_facts() -> None:
    prompts = prompts_of(IN_ONE)

    found = shared_prefix(prompts)

    assert found.whole == ()
    assert found.part.endswith("Rule 59: keep it short and plain, and never promise what the offer does not.\n")


def test_equal_prompts_share_all_and_a_single_one_nothing() -> None:
    prompt = prompts_of(WITH_SYSTEM)[0]

    assert shared_prefix([prompt, prompt]).whole == tuple(prompt)
    assert shared_prefix([prompt]).is_empty


def test_prompts_with_nothing_in_common_share_nothing() -> None:
    one, other = [{"role": "user", "content": "a\n" * 500}], [{"role": "user", "content": "b\n" * 500}]

    assert shared_prefix([one, other]).is_empty


def test_a_sample_is_spread_over_the_whole_order() -> None:
    assert spread_sample(range(1000), 5) == [0, 250, 500, 749, 999]
    assert spread_sample(range(3), 5) == [0, 1, 2]


def test_anthropic_is_told_where_a_shared_system_message_ends() -> None:
    prompt = prompts_of(WITH_SYSTEM)[2]

    body = body_of(WITH_SYSTEM, "anthropic", prompt)

    (block,) = body["system"]
    assert block == {"type": "text", "text": prompt[0]["content"], "cache_control": {"type": "ephemeral"}}
    assert body["messages"] == [prompt[1]]


def test_anthropic_gets_a_message_in_two_blocks_that_make_up_the_same_text() -> None:
    prompt = prompts_of(IN_ONE)[2]

    body = body_of(IN_ONE, "anthropic", prompt)

    shared, own = body["messages"][0]["content"]
    assert "cache_control" in shared
    assert "cache_control" not in own
    assert joined(body["messages"][0]["content"]) == prompt[0]["content"]


def test_a_prompt_that_differs_is_marked_no_further_than_it_agrees() -> None:
    other = [{"role": "system", "content": "Something else."}, {"role": "user", "content": "company: Co"}]

    body = body_of(WITH_SYSTEM, "anthropic", other)

    assert body["system"] == "Something else."
    assert body["messages"] == [other[1]]


def test_a_long_conversation_never_has_more_marks_than_the_provider_takes() -> None:
    talk = [*prompts_of(WITH_SYSTEM)[0], {"role": "assistant", "content": "A"}, {"role": "user", "content": "Again."}]
    told = TeacherSpec.model_validate({"name": "t", "provider": "anthropic", "model": "m"})
    form = open_form(
        told,
        task=TaskSpec.model_validate(WITH_SYSTEM),
        sample=[talk, talk, [*talk[:-1], {"role": "user", "content": "B" * 900}]],
    )

    body = form.params_of(Question("c", talk, {}, seed=1, repeat=0))

    assert str(body).count("cache_control") == 2
    assert joined(body["messages"][1]["content"]) == "A"


def test_openai_gets_one_cache_key_for_all_calls_that_share() -> None:
    keys = {body_of(WITH_SYSTEM, "openai", prompt)["prompt_cache_key"] for prompt in prompts_of(WITH_SYSTEM)}
    other = body_of(IN_ONE, "openai", prompts_of(IN_ONE)[0])["prompt_cache_key"]

    assert len(keys) == 1
    assert other not in keys


def test_a_compatible_server_is_told_nothing_it_may_not_know() -> None:
    told = TeacherSpec.model_validate(
        {"name": "t", "provider": "openai-compatible", "model": "m", "base_url": "http://x/v1"}
    )
    form = open_form(told, task=TaskSpec.model_validate(WITH_SYSTEM), sample=prompts_of(WITH_SYSTEM))

    assert set(form.params_of(Question("c", [], {}, seed=1, repeat=0))) == {"model", "messages", "seed", "max_tokens"}


def test_a_prompt_in_blocks_is_known_by_the_same_hash_as_ever(attempts: Attempts, provider: Running) -> None:
    attempts.run(teacher(provider.url, "anthropic"), count=4, records=4, task=IN_ONE)

    spec = TaskSpec.model_validate(IN_ONE)
    for draft in attempts.events("draft"):
        facts = {"company": f"Co {int(draft['record'][-1])}", "pain": "late lorries"}
        assert draft["prompt_hash"] == prompting.prompt_hash(prompting.messages(spec, facts, audience="teacher"))
    for seen in provider.provider.seen:
        assert len(seen["body"]["messages"][0]["content"]) == 2


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("task", "alone"), [(IN_ONE, True), (TASK, False)])
def test_the_first_call_goes_ahead_only_where_a_cache_would_keep_what_it_brings(
    attempts: Attempts, provider: Running, task: dict[str, Any], alone: bool
) -> None:
    provider.provider.latency_s = 0.3

    attempts.run(teacher(provider.url, "anthropic"), count=8, records=8, task=task, limits={"concurrency": 8})

    first, second = sorted(provider.provider.arrivals)[:2]
    assert (second - first >= 0.3) is alone
    assert len(attempts.events("draft")) == 8


def test_calls_wait_for_the_first_to_their_own_teacher_even_if_it_fails() -> None:
    order: list[str] = []

    async def call(gate: CacheWarmup, name: str, teacher: int, *, fails: bool = False) -> None:
        async with gate.turn(teacher):
            order.append(f"{name} begins")
            await asyncio.sleep(0.02)
            order.append(f"{name} ends")
            if fails:
                raise RuntimeError

    async def run() -> None:
        gate = CacheWarmup(WARMUP_FROM_CHARS)
        calls = [call(gate, "a", 0, fails=True), call(gate, "b", 0), call(gate, "c", 1)]
        await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(run())

    assert order.index("a ends") < order.index("b begins")
    assert order.index("c begins") < order.index("a ends")
