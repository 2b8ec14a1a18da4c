"""Forms of learning from rejections: whom to ask about how many decisions, and a proposal as a lead edits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from generation.selectors.teachers import TeacherLine
from generation.services.teaching.evidence import LOOKED_AT, MOST
from generation.states import Provider


class LearnForm(forms.Form):
    """Whom to ask about how many decisions."""

    teacher = forms.ChoiceField(
        label="Who proposes", required=False,
        help_text="Counting is free and says what stands in several decisions. A teacher reads some of them and says more.",
    )  # fmt: skip
    look_at = forms.IntegerField(
        label="Latest decisions", min_value=5, max_value=MOST, initial=LOOKED_AT,
        help_text="Of the training split alone: what is held out is shown to nobody.",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        asked = [
            line.teacher
            for line in lines
            if line.can_be_asked and line.teacher.provider != Provider.OFFLINE and not line.teacher.provided_by
        ]
        self.fields["teacher"].choices = [  # type: ignore[attr-defined]
            ("", "Nobody: count here"),
            *((teacher.slug, teacher.name) for teacher in asked),
        ]


def edited_in(data: Mapping[str, str], count: int) -> dict[int, str | None]:
    """By number of the change: its value as typed, or None where its box is not ticked."""
    return {
        number: data.get(f"change.{number}.value", "").replace("\r\n", "\n") if f"change.{number}.on" in data else None
        for number in range(count)
    }
