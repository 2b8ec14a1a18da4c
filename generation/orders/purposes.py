"""What orders of a special purpose ask for: advice, a judge's choice, a revision. Features register theirs when apps are ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from generation.models import Order
from generation.states import Purpose
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec


@dataclass(frozen=True)
class SpecialPurpose:
    """What such an order asks for.

    Attributes:
        conversations: What is asked for each record, by its id. Raises `Refusal` where what it is about is gone.
        answer_task: What answers are read by; None reads them by the order's own task.
    """

    conversations: Callable[[Order], Mapping[str, list[Message]]]
    answer_task: Callable[[], TaskSpec] | None = None


# By purpose; an order of any other purpose fills in its task's template.
PURPOSES: dict[Purpose, SpecialPurpose] = {}


def register_purpose(purpose: Purpose, special: SpecialPurpose) -> None:
    """Say what orders of this purpose ask for."""
    PURPOSES[purpose] = special


def special_purpose(order: Order) -> SpecialPurpose | None:
    """What this order asks for instead of its task's template."""
    return PURPOSES.get(Purpose(order.purpose))
