"""Hybrids keep running states beside keys and values: rows of one batch do not disturb each other all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from serving.engine.contracts import GenerateRequest
from serving.engine.running_states import bytes_of_a_row
from tests.serving import tiny
from tests.serving.architectures import ARCHITECTURES, make_student
from tests.serving.engine.conftest import answer, running
from tests.serving.engine.test_scheduler import PROMPTS
from training.engine.contracts import StudentRef
from training.engine.model import generate, loading

pytestmark = pytest.mark.engine
HYBRIDS = ("Qwen 3.5, text alone", "Granite 4-H", "LFM 2")
# Fewer than these random students write before a tag of thinking, which serving and an evaluation cut off differently.
TOKENS = 20
LIMITS = (20, 3, 12, 18, 6, 15)


@pytest.fixture(params=[HYBRIDS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in HYBRIDS[1:])])
def hybrid(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_student(tmp_path / "student", ARCHITECTURES[request.param])


def load(folder: Path) -> loading.LoadedStudent:
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32)


def written(student: loading.LoadedStudent, prompts: Sequence[str], tokens: int) -> list[str]:
    answers = generate.generate(
        student.model,
        student.chat,
        [tiny.user(prompt) for prompt in prompts],
        max_new_tokens=tokens,
        sampling=generate.sampling_for(tiny.TASK),
    )
    return [each.text for each in sorted(answers, key=lambda each: each.index)]


def one_by_one(folder: Path) -> list[str]:
    student = load(folder)
    return [written(student, [prompt], tokens)[0] for prompt, tokens in zip(PROMPTS, LIMITS, strict=True)]


def served(folder: Path, work: Callable[[Any], Any], **limits: Any) -> Any:
    async def inside() -> Any:
        async with running([tiny.full_entry("full", folder)], **limits) as scheduler:
            return await work(scheduler)

    return asyncio.run(inside())


async def rows_of(scheduler: Any, prompts: Sequence[str], limits: Sequence[int]) -> list[Any]:
    return [
        await scheduler.ask(GenerateRequest(model="full", messages=tiny.user(prompt), max_tokens=tokens))
        for prompt, tokens in zip(prompts, limits, strict=True)
    ]


def test_rows_that_join_and_leave_write_what_each_writes_alone(hybrid: Path) -> None:
    async def work(scheduler: Any) -> list[str]:
        begun = await rows_of(scheduler, PROMPTS[:2], LIMITS[:2])
        first = str(await begun[0].inbox.get())
        later = await rows_of(scheduler, PROMPTS[2:], LIMITS[2:])
        texts = [text for text, _ in await asyncio.gather(*(answer(row) for row in [*begun, *later]))]
        return [first + texts[0], *texts[1:]]

    assert served(hybrid, work, max_batch=3) == one_by_one(hybrid)


def test_where_memory_runs_out_the_others_write_on_from_their_states(hybrid: Path) -> None:
    room = [8]

    def no_room_for(_: object, arguments: tuple[Any, ...]) -> None:
        if arguments[0].shape[0] > room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    async def work(scheduler: Any) -> list[Any]:
        await answer((await rows_of(scheduler, ["a"], [1]))[0])
        # The last layer fails: earlier ones have taken the token into their states.
        scheduler.shelf.networks[0].student.model.model.layers[-1].register_forward_pre_hook(no_room_for)
        rows = await rows_of(scheduler, PROMPTS, [TOKENS] * len(PROMPTS))
        await rows[-1].inbox.get()
        room[0] = 2
        return await asyncio.gather(*(answer(row) for row in rows), return_exceptions=True)

    ended = served(hybrid, work)

    student = load(hybrid)
    assert [each[0] for each in ended[:2]] == [written(student, [prompt], TOKENS)[0] for prompt in PROMPTS[:2]]
    assert {each.code for each in ended[2:]} == {"out_of_memory"}


def test_prompts_of_an_evaluation_are_written_together_as_alone(hybrid: Path) -> None:
    student = load(hybrid)

    assert written(student, PROMPTS, TOKENS) == [written(student, [prompt], TOKENS)[0] for prompt in PROMPTS]


def test_running_states_of_a_row_are_counted(hybrid: Path) -> None:
    assert bytes_of_a_row(load(hybrid).model) > 0


def test_a_student_of_attention_alone_has_none(tmp_path: Path) -> None:
    assert bytes_of_a_row(load(tiny.make_base(tmp_path)).model) == 0
