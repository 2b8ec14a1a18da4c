"""The part of the launch form that varies an order: teachers with shares, stances, examples, and which drafts stay.

Reads input; services decide. All of it may stay empty: then one teacher writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict

from generation.diversity import queries as selectors
from generation.diversity.examples import MAX_EXAMPLES
from generation.diversity.request import MixRequest, mix_request
from generation.teachers.queries import TeacherLine, choices_of
from members.session import member_of
from review.spec.task_spec import TaskSpec
from review.tasks.queries import latest_version
from web.errors import Refusal
from web.http.form_choices import set_choices

if TYPE_CHECKING:
    from review.models import Task

# As many teachers as a page offers in a mix; programs may name any.
SHOWN_TEACHERS = 12
NEAR_DUPLICATES = (
    ("", "Bring them to the desk"),
    ("keep_out", "Leave them out"),
    ("ask_again", "Leave them out, and request replacements once"),
)
BEST_OF = (
    ("", "Bring all to the desk; reviewers choose"),
    ("checks", "The checks choose; only the best comes"),
    ("judge", "A judge chooses; only the best comes"),
)


class MixForm(forms.Form):
    personas = forms.BooleanField(label="Rotate through the task's personas", required=False)
    angles = forms.BooleanField(label="Rotate through the task's angles", required=False)
    examples = forms.IntegerField(
        label="Examples",
        min_value=0,
        max_value=MAX_EXAMPLES,
        required=False,
        help_text="Approved drafts shown with each call, and paid for with it. Never of the record's own group.",
    )
    gold_set = forms.ChoiceField(label="Examples from", required=False)
    near_duplicates = forms.ChoiceField(label="Near-duplicates", choices=NEAR_DUPLICATES, required=False)
    best_of = forms.ChoiceField(
        label="With several drafts per record",
        choices=BEST_OF,
        required=False,
        help_text="A machine's choice is never used as a preference to train on.",
    )
    judge = forms.ChoiceField(
        label="Judge", required=False, help_text="Sees the drafts blind, and is paid like any call."
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lines: Sequence[TeacherLine],
        gold_sets: Sequence[tuple[str, str]],
        spec: TaskSpec,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self._lines = [line for line in lines if line.can_be_asked][:SHOWN_TEACHERS]
        for line in self._lines:
            self.fields[f"share.{line.teacher.slug}"] = forms.FloatField(
                label=f"Share of {line.teacher.name}", min_value=0, required=False
            )
            self.fields[f"temperatures.{line.teacher.slug}"] = forms.CharField(
                label=f"Temperatures of {line.teacher.name}", max_length=80, required=False
            )
        judges = choices_of(line for line in self._lines if line.can_be_asked_anything)
        set_choices(self, "judge", [("", "None"), *judges])
        set_choices(self, "gold_set", [("", "The drafts approved now"), *gold_sets])
        if not spec.personas:
            del self.fields["personas"]
        if not spec.angles:
            del self.fields["angles"]

    @property
    def teachers(self) -> list[tuple[str, BoundField, BoundField]]:
        return [
            (line.teacher.name, self[f"share.{line.teacher.slug}"], self[f"temperatures.{line.teacher.slug}"])
            for line in self._lines
        ]

    @property
    def is_open(self) -> bool:
        return any(self[name].value() not in (None, "", False) for name in self.fields) or bool(self.errors)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for line in self._lines:
            name = f"temperatures.{line.teacher.slug}"
            try:
                cleaned[name] = [float(word) for word in str(cleaned.get(name) or "").replace(",", " ").split()]
            except ValueError:
                self.add_error(name, "Write numbers, such as 0.7 1.0.")
        self._share_by_temperatures(cleaned)
        return cleaned

    def _share_by_temperatures(self, cleaned: dict[str, Any]) -> None:
        """Let a teacher whose temperatures are all that was entered write every draft; else each needs its share."""
        shares = [f"share.{line.teacher.slug}" for line in self._lines]
        heated = [line.teacher.slug for line in self._lines if cleaned.get(f"temperatures.{line.teacher.slug}")]
        missing = [name for slug in heated if cleaned.get(name := f"share.{slug}", 0) is None]
        if len(heated) == len(missing) == 1 and not any(cleaned.get(name) for name in shares):
            cleaned[missing[0]] = 1.0
            return
        for name in missing:
            self.add_error(name, "Give each teacher that has temperatures a share too.")

    def said(self) -> dict[str, Any]:
        values = {name: value for name, value in self.cleaned_data.items() if "." not in name}
        return values | {
            "teachers": [line_values for line in self._lines if (line_values := self._said_of(line.teacher.slug))]
        }

    def _said_of(self, slug: str) -> dict[str, Any] | None:
        share = self.cleaned_data.get(f"share.{slug}")
        temperatures = self.cleaned_data.get(f"temperatures.{slug}")
        return {"teacher": slug, "share": share, "temperatures": temperatures} if share else None


NAMED = ("share.", "temperatures.")


def mix_form(task: Task, lines: Sequence[TeacherLine], *, data: QueryDict | None, initial: dict[str, str]) -> MixForm:
    """The form, with what the task version and the installation offer."""
    return MixForm(
        data, lines=lines, gold_sets=selectors.gold_sets(task), spec=latest_version(task).spec, initial=initial
    )


def mix_values(query: QueryDict) -> dict[str, str]:
    """Return what a query or a post says of the mix, blanks left out."""
    names = [name for name in query if name in MixForm.base_fields or name.startswith(NAMED)]
    return {name: str(query[name]) for name in names if query[name]}


def mix_request_of(request: HttpRequest, task: Task, form: MixForm) -> MixRequest:
    """The mix that a form asks for.

    Raises:
        Refusal: `mix`, something in it cannot be read; why stands beside its field.
    """
    if not form.is_valid():
        text = next(iter(form.errors.values()))[0]
        raise Refusal("mix", str(text), hint="Check the settings for diversity.")
    return mix_request(member_of(request), task, form.said())
