"""Questions of special orders: advice, a judge's choice, a revision. Features register theirs when apps are ready."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from generation.models import Order
from generation.states import Purpose
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec


@dataclass(frozen=True)
class SpecialPurpose:
    """Questions of such an order.

    Attributes:
        conversations: What is asked for each record, by its id. Raises `Refusal` where what it is about is gone.
        answer_task: What answers are read by; None reads them by the order's own task.
        has_records: Whether calls are for records of the task; else the ids that conversations go by are made up.
        asked_elsewhere: Places of calls that another order asks since, or that come too late: a resume leaves them.
    """

    conversations: Callable[[Order], Mapping[str, list[Message]]]
    answer_task: Callable[[Order], TaskSpec] | None = None
    has_records: bool = True
    asked_elsewhere: Callable[[Order], Collection[int]] = lambda _: ()


# By purpose; an order of any other purpose fills in its task's template.
PURPOSES: dict[Purpose, SpecialPurpose] = {}


def register_purpose(purpose: Purpose, special: SpecialPurpose) -> None:
    """Say what orders of this purpose ask for."""
    PURPOSES[purpose] = special


def special_purpose(order: Order) -> SpecialPurpose | None:
    """Return what this order asks for instead of its task's template."""
    return PURPOSES.get(Purpose(order.purpose))


def record_of_call(order: Order, record_id: str) -> UUID | None:
    """The record that a call is for, by the id under which its engine knows it; None where it is for none."""
    special = special_purpose(order)
    return UUID(record_id) if special is None or special.has_records else None
