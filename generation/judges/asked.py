"""Question of an order for a judge's calls: a verdict on each text, or which of two texts is better."""

from __future__ import annotations

from collections.abc import Mapping

from generation.judges import launch, pairs
from generation.models import Order
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec


def conversations(order: Order) -> Mapping[str, list[Message]]:
    """Its conversations, by the made-up ids of its calls; the same in every attempt.

    Raises:
        Refusal: `text_gone`, the record of a text was erased since.
    """
    return pairs.conversations(order) if order.judging.is_pairwise else launch.conversations(order)


def answer_task(order: Order) -> TaskSpec:
    return pairs.answer_task(order) if order.judging.is_pairwise else launch.answer_task(order)
