"""The form of a study to register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies.design import PRESETS, SMALL, StudyRequest
from evaluation.studies.kinds.minutes import BESIDE_SFT
from web.http.form_choices import set_choices

MAX_NUMBERS = 30


class WholeNumbersField(forms.CharField):
    """Whole numbers, separated by commas or blanks; empty for none."""

    def clean(self, value: object) -> tuple[int, ...]:
        text = str(super().clean(value))
        words = text.replace(",", " ").replace(";", " ").split()
        if not all(word.isdecimal() and len(word) < 12 for word in words) or len(words) > MAX_NUMBERS:
            raise forms.ValidationError("Write whole numbers, separated by commas.")
        return tuple(int(word) for word in words)


class StudyForm(forms.Form):
    """Study to register; the preset fills what is left empty."""

    kind = forms.ChoiceField(label="Question", choices=StudyKind.choices)
    preset = forms.ChoiceField(label="Grid", choices=list(PRESETS.items()), initial=SMALL)
    dataset_version = forms.ChoiceField(label="Dataset version")
    student = forms.ChoiceField(label="Student")
    metric = forms.ChoiceField(label="Scored by", choices=StudyMetric.choices, initial=StudyMetric.NLL)
    sizes = WholeNumbersField(
        label="Sizes", required=False, max_length=200, help_text="Training records, increasing. Empty: the grid's."
    )
    seeds = WholeNumbersField(
        label="Seeds", required=False, max_length=200, help_text="At least two. Empty: the grid's."
    )
    epochs = forms.IntegerField(
        label="Epochs", required=False, min_value=1, max_value=20, help_text="The same for every cell."
    )
    students = forms.MultipleChoiceField(
        label="Compared with",
        required=False,
        help_text="For the smallest student that holds and LoRA against full across sizes: the others; for an expert "
        "the dense one, a control, and the mixture; for an encoder–decoder the decoder; for experts behind a router "
        "the larger or smaller one.",
    )
    others = forms.MultipleChoiceField(
        label="Other tasks", required=False, help_text="Only for a transfer: a frozen version of each other task."
    )
    teacher = forms.ChoiceField(
        label="Learns the logits of", required=False, help_text="Only for imitation against logits: a larger student."
    )
    answers_version = forms.ChoiceField(
        label="Without the reasoning",
        required=False,
        help_text="Only there: a version that leaves the reasoning out, tuned beside the others.",
    )
    minutes = forms.IntegerField(
        label="Expert minutes",
        required=False,
        min_value=1,
        help_text="Only at equal expert minutes: what each arm may spend. Empty: the grid's.",
    )
    beside_sft = forms.MultipleChoiceField(
        label="Beside SFT",
        required=False,
        choices=list(BESIDE_SFT.items()),
        help_text="Only there. Empty: DPO and KTO; on-policy takes verdicts on drafts of a miniature.",
    )
    segment = forms.ChoiceField(
        label="Routed by",
        required=False,
        help_text="Only for experts behind a router: the fact whose value picks the expert. "
        "The smaller student becomes the experts.",
    )
    raw = forms.BooleanField(
        label="Raw arm",
        required=False,
        help_text="Only for the human filter: an arm on unjudged drafts, from a version that was frozen with them.",
    )
    question = forms.CharField(
        label="In your words", required=False, max_length=200, help_text="The question that the verdict answers."
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        versions: Iterable[Any],
        students: Iterable[Any],
        others: Iterable[Any] = (),
        facts: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "others", [(str(v.pk), f"{v.dataset.task.name}: {v}") for v in others])
        frozen = [(str(v.pk), str(v)) for v in versions]
        set_choices(self, "dataset_version", frozen)
        set_choices(self, "answers_version", [("", "None"), *frozen])
        choices = [(s.slug, s.name) for s in students]
        set_choices(self, "student", choices)
        set_choices(self, "students", choices)
        set_choices(self, "segment", [("", "Nothing"), *((name, name) for name in facts)])
        set_choices(self, "teacher", [("", "None"), *choices])

    def study_request(self) -> StudyRequest:
        return StudyRequest.read(self.cleaned_data)
