"""A seed draws the same text alone and in a crowd: the promise of docs/serving.md, counted."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.serving.engine.conftest import ask

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.stress]
COUNT = 400 if os.environ.get("STRESS") == "1" else 48
PROMISED = 0.005
HOT = {"temperature": 1.0, "top_p": 0.95, "max_tokens": 24}


def test_sharing_a_batch_of_sixteen_changes_no_more_texts_than_promised(serve):
    async def texts(scheduler, at_once):
        places = asyncio.Semaphore(at_once)

        async def one(number):
            model = ("one", "two")[number % 2]
            async with places:
                return (await ask(scheduler, model, f"company {number} " * (1 + number % 7), seed=number, **HOT))[0]

        return await asyncio.gather(*(one(number) for number in range(COUNT)))

    async def work(scheduler):
        return await texts(scheduler, 1), await texts(scheduler, 16)

    alone, together = serve(work, max_batch=16, max_waiting=COUNT)

    differing = sum(one != other for one, other in zip(alone, together, strict=True))
    assert len(set(alone)) == COUNT
    assert differing <= PROMISED * COUNT, f"{differing} of {COUNT}"
