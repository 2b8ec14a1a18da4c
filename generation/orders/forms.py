"""The form of an order for drafts. It reads input; services decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from generation.money.forms import order_budget_field
from generation.orders.launch import MOST_PER_RECORD
from generation.orders.queries import SourceOption
from generation.orders.way import WayRequest
from generation.states import Provider, Stragglers, UncertainPolicy, Way
from generation.teachers.queries import TeacherLine
from web.http.form_choices import set_choices

# How many drafts a new order begins with, where there are as many records.
MOST_AT_FIRST = 100


class OrderForm(forms.Form):
    """Order of drafts. Without a budget the estimate says what to write there."""

    teacher = forms.ChoiceField(label="Teacher", help_text="The model that writes the drafts.")
    source = forms.ChoiceField(label="Records", required=False, help_text="Records with the fewest drafts come first.")
    count = forms.IntegerField(
        label="Drafts", min_value=1, max_value=100_000, help_text="In total, spread over the records."
    )
    per_record = forms.IntegerField(
        label="Drafts per record",
        min_value=1,
        max_value=MOST_PER_RECORD,
        initial=1,
        required=False,
        help_text="With two or more, reviewers choose the best of them side by side.",
    )
    max_cost_usd = order_budget_field(help_text="The job stops before it would cost more. A free teacher needs none.")
    uncertain_policy = forms.ChoiceField(
        label="Calls with an unknown outcome",
        choices=UncertainPolicy.choices,
        initial=UncertainPolicy.HOLD,
        required=False,
        help_text="A connection may break after a call was sent: it may have been paid, or not.",
    )

    way = forms.ChoiceField(
        label="Call the provider",
        choices=[("live", "Live"), ("batch", "As batches: half the price, within a day")],
        initial=Way.LIVE,
        required=False,
        help_text="OpenAI and Anthropic take batches. The job waits for them, and may be paused meanwhile.",
    )
    stragglers = forms.ChoiceField(
        label="Calls a batch leaves unanswered",
        choices=Stragglers.choices,
        initial=Stragglers.ASK,
        required=False,
        help_text="Only calls that were not billed. Calls that may have been billed are held as uncertain.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        teachers: Sequence[TeacherLine],
        sources: Sequence[SourceOption],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        held = sum(choice.records for choice in sources)
        set_choices(self, "teacher", [(line.teacher.slug, _teacher_label(line)) for line in teachers])
        # The first in the list may lack its key: begin with one that can write, a real model before the offline one.
        askable = sorted(
            (line.teacher for line in teachers if line.can_be_asked), key=lambda each: each.provider == Provider.OFFLINE
        )
        self.initial.setdefault("teacher", askable[0].slug if askable else "")
        self.initial.setdefault("count", min(held, MOST_AT_FIRST) or MOST_AT_FIRST)
        set_choices(
            self,
            "source",
            [
                ("", f"All {held:,} records"),
                *((choice.source.slug, f"{choice.source.name} ({choice.records:,})") for choice in sources),
            ],
        )

    @staticmethod
    def way_of(values: Mapping[str, Any]) -> WayRequest:
        """Return the way an order goes from what was typed; the default for anything unknown."""
        is_batch, leaves = values.get("way") == Way.BATCH, values.get("stragglers") == Stragglers.LEAVE
        return WayRequest(Way.BATCH if is_batch else Way.LIVE, Stragglers.LEAVE if leaves else Stragglers.ASK)


def _teacher_label(line: TeacherLine) -> str:
    if line.price is None:
        return f"{line.teacher.name} (no price)"
    if not line.has_key:
        return f"{line.teacher.name} (no key)"
    if line.teacher.provider == Provider.OFFLINE:
        return f"{line.teacher.name} (free, a program for practice)"
    if not line.price.output_usd_per_million:
        return f"{line.teacher.name} (free)"
    return f"{line.teacher.name} ({line.price.in_words})"
