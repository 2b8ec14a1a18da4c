"""Forms of the dataset pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from django import forms
from django.conf import settings
from django.utils.timezone import localtime

from review.datasets import queries
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import FORMATS
from review.datasets.hub_target import DEFAULT_TOKEN
from review.models import Dataset
from review.spec.output_format import is_mail
from review.spec.task_spec import CheckKind
from review.states import MailOutcome
from review.tasks.queries import latest_version
from review.text.checks import CHECKS_OF_MAILS
from review.text.near_duplicates.shingles import THRESHOLD
from review.text.own_checks.installed import installed
from web import zones
from web.http.form_choices import set_choices

VERDICTS = [
    ("accept", "Accepted as written"),
    ("edit", "Edited"),
    ("reject", "Rejected (not in sft; bad examples in kto)"),
]
AGREEMENT = [
    ("any", "Any number of reviewers"),
    ("unanimous", "Two or more experts agree"),
    ("settled", "Settled by a lead"),
]
BULK = [
    ("without_accepts", "Leave out bulk accepts: they were not read one by one"),
    ("none", "Leave out all bulk verdicts"),
    ("all", "Include them"),
]
MACHINE = [
    ("leave_out", "Leave them out: no person read them"),
    ("take", "Include them"),
]
UNJUDGED = [
    ("leave_out", "Leave them out"),
    ("take", "Freeze them in a separate file, only for a study's raw arm"),
]
IMPORTED = [
    ("all", "Include them"),
    ("none", "Leave out imported verdicts"),
    ("only", "Imported verdicts only"),
]
PERSONAL = [
    ("keep", "Keep and count it"),
    ("mask", "Mask it: [NAME_1], [PHONE_1]"),
    ("refuse", "Refuse to freeze while there is any"),
]
CONTRADICTIONS = [
    ("keep", "Keep and count them"),
    ("leave_out", "Leave out all examples of such an input"),
]
REASONING = [
    ("keep", "Train on it: the student writes it before its answer"),
    ("drop", "Drop it: the student writes the answer alone"),
]
ORDER = [("newest", "the newest"), ("random", "a random draw, the same each time")]
# Lists of the filters that are chosen by boxes; left empty they mean all.
BOXES = ("task_versions", "teachers", "origins", "sources", "rounds", "reviewers", "without_checks")
NUMBERS = ("task_versions", "rounds")
# Lists of outcomes of mails; left empty nothing is asked of them.
OUTCOME_BOXES = ("outcomes", "without_outcomes")
OUTCOME_FILTERS = (*OUTCOME_BOXES, "outcome_weights", "exploratory_pairs")
# Asked of tasks that write mails, and where a dataset says something of them already.
OUTCOME_FIELDS = (*OUTCOME_BOXES, "weighed_outcome", "weight", "exploratory_pairs", "outcomes_until")
# Filters with a number for each of several names; the form shows the first.
SHOWN_FIRST = {"cap_per": ("cap_field", "cap_count"), "outcome_weights": ("weighed_outcome", "weight")}
_OF_THEIR_OWN = frozenset({"verdicts", "zone", *BOXES, *OUTCOME_BOXES, *SHOWN_FIRST})
PLAIN = tuple(name for name in DatasetFilters.model_fields if name not in _OF_THEIR_OWN)
_DATE = {"type": "date"}


def _boxes(label: str, choices: list[tuple[str, str]] | None = None) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(required=False, choices=choices or (), widget=widget, label=label)


def _one_of(choices: list[tuple[str, str]], label: str, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, required=False, label=label, help_text=help_text)


def _share(label: str, least: float = 0, help_text: str = "") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"min": least, "max": 1, "step": 0.05, "inputmode": "decimal"})
    return forms.FloatField(
        required=False, min_value=least, max_value=1, label=label, help_text=help_text, widget=widget
    )


def _moment(label: str, help_text: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
    return forms.DateTimeField(required=False, label=label, help_text=help_text, widget=widget)


class DatasetForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name", help_text="Such as: Spring, first round.")


class RevokeForm(forms.Form):
    reason = forms.CharField(max_length=500, label="Why", help_text="Shown wherever the sample was used.")


class FilterForm(forms.Form):
    """Filters for the golds of a version. Boxes left empty mean all."""

    verdicts = forms.MultipleChoiceField(choices=VERDICTS, widget=forms.CheckboxSelectMultiple, label="Verdicts")
    task_versions = _boxes("Task versions")
    teachers = _boxes("Teachers")
    origins = _boxes("Origins")
    sources = _boxes("Sources")
    rounds = _boxes("Rounds")
    reviewers = _boxes("Reviewers")
    agreement = _one_of(AGREEMENT, "Agreement")
    edit_size_from = _share("Edits that changed at least")
    edit_size_to = _share("and at most")
    decided_from = forms.DateField(required=False, label="Decided from", widget=forms.DateInput(attrs=_DATE))
    decided_to = forms.DateField(required=False, label="Decided to", widget=forms.DateInput(attrs=_DATE))
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    without_marks = forms.BooleanField(required=False, label="Only drafts in which no check marked anything")
    without_checks = _boxes("Leave out what these checks marked")
    bulk = _one_of(BULK, "Judged in bulk")
    imported = _one_of(IMPORTED, "Imported verdicts")
    machine = _one_of(MACHINE, "Accepted by a judge")
    unjudged = _one_of(
        UNJUDGED,
        "Unjudged drafts",
        "Training drafts of the same orders. Only a study's raw arm uses them: "
        "they are not rows, not exported and not trained on otherwise.",
    )
    cap_per_group = forms.IntegerField(required=False, min_value=1, label="Maximum per group")
    cap_field = _one_of([("", "no field")], "Maximum per value of")
    cap_count = forms.IntegerField(required=False, min_value=1, label="namely")
    cap_order = _one_of(ORDER, "Rows that a limit keeps")
    near_duplicates = _share(
        "Rows count as duplicates from a similarity of", least=0.5, help_text="Shared five-word phrases, 0.5 to 1."
    )
    keeps_duplicates = forms.BooleanField(required=False, label="Keep near-duplicates")
    contradictions = _one_of(
        CONTRADICTIONS, "Contradictions", "Equal facts with different labels, numbers, days, or yes and no."
    )
    personal_data = _one_of(PERSONAL, "Personal data")
    given_names = forms.BooleanField(
        required=False,
        label="Find people by given names",
        help_text="Uses a list of common given names. Catches more names, with some false positives.",
    )
    reasoning = _one_of(REASONING, "Reasoning")
    outcomes = _boxes("Only drafts whose mail had one of these", MailOutcome.choices)
    without_outcomes = _boxes("Leave out drafts whose mail had one of these", MailOutcome.choices)
    weighed_outcome = _one_of([("", "no outcome"), *MailOutcome.choices], "In training, repeat rows whose mail had")
    weight = forms.IntegerField(required=False, min_value=2, max_value=10, label="Copies", help_text="From 2 to 10.")
    exploratory_pairs = forms.BooleanField(
        required=False,
        label="Include exploratory pairs from replies",
        help_text="Only in DPO files: pairs of mails with equal facts to the same company, "
        "the one with a reply preferred over the one without.",
    )
    outcomes_until = _moment("Outcomes reported by", "Empty: all outcomes known when the version is frozen.")
    as_of = _moment("As of", "Use the decisions that counted at that time.")
    note = forms.CharField(required=False, max_length=200, label="Note", help_text="What is new in this version.")

    def __init__(self, data: Mapping[str, Any] | None = None, *, dataset: Dataset, zone: str = zones.UTC_NAME) -> None:
        super().__init__(data, initial=_initial(dataset.filters, zone))
        self._stored = dataset.filters
        spec = latest_version(dataset.task).spec
        ours = [kind for kind in get_args(CheckKind) if is_mail(spec) or kind not in CHECKS_OF_MAILS]
        choices = queries.choices_for_filters(dataset.task)
        choices["without_checks"] = [*ours, *installed()]
        if spec.without_reasoning() is spec:
            del self.fields["reasoning"]
        if not (is_mail(spec) or any(dataset.filters.get(name) for name in OUTCOME_FILTERS)):
            for name in OUTCOME_FIELDS:
                del self.fields[name]
        for name in BOXES:
            chosen = [str(value) for value in dataset.filters.get(name, ())]
            values = list(dict.fromkeys([*map(str, choices[name]), *chosen]))
            set_choices(self, name, [(value, _words(name, value)) for value in values])
        self.fields["cap_per_group"].label = f"Maximum per {spec.group_noun}"
        set_choices(self, "cap_field", [("", "no field"), *((name, name) for name in queries.capped_fields(spec))])

    def clean(self) -> dict[str, Any]:
        """A cap names its field and its number together, and a weight its outcome."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("cap_field")) != bool(cleaned.get("cap_count")):
            self.add_error("cap_count", "Enter both the field and the number, or neither.")
        if bool(cleaned.get("weighed_outcome")) != bool(cleaned.get("weight")):
            self.add_error("weight", "Enter both the outcome and the number, or neither.")
        return cleaned

    def filters(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = {name: cleaned.get(name, []) for name in ("verdicts", *BOXES, *OUTCOME_BOXES)}
        chosen |= {name: cleaned[name] for name in PLAIN if cleaned.get(name) not in ("", None)}
        if cleaned["decided_from"] or cleaned["decided_to"]:
            chosen["zone"] = cleaned["zone"]
        if cleaned["keeps_duplicates"]:
            chosen["near_duplicates"] = None
        for name in NUMBERS:
            chosen[name] = [int(number) for number in chosen[name]]
        for filter_name, (field, number) in SHOWN_FIRST.items():
            entered = {cleaned[field]: cleaned[number]} if cleaned.get(field) else {}
            # Others of several, such as the API stores, stand on no page, and stay.
            others = dict(list(self._stored.get(filter_name, {}).items())[1:])
            chosen[filter_name] = entered | others | entered
        return chosen

    @property
    def zone_shown(self) -> str:
        """The time zone in which its days are meant."""
        return self["zone"].value() or settings.TIME_ZONE


def _initial(filters: dict[str, Any], zone: str) -> dict[str, Any]:
    has_days = filters.get("decided_from") or filters.get("decided_to")
    threshold = filters.get("near_duplicates", THRESHOLD)
    shown = {
        **filters,
        "near_duplicates": threshold,
        "keeps_duplicates": threshold is None,
        "zone": filters.get("zone", "") if has_days else zone,
    }
    for name, fields in SHOWN_FIRST.items():
        shown |= zip(fields, next(iter(filters.get(name, {}).items()), ("", None)), strict=True)
    for name in ("as_of", "outcomes_until"):
        if moment := filters.get(name):
            shown[name] = localtime(datetime.fromisoformat(moment))
    return shown


def _words(name: str, value: str) -> str:
    if name == "task_versions":
        return f"v{value}"
    return value.replace("_", " ") if name == "without_checks" else value


class HubForm(forms.Form):
    to = forms.CharField(label="Repository", max_length=193, help_text="owner/name. It is created if missing.")
    private = forms.BooleanField(
        label="Private", required=False, initial=True, help_text="Only used if the repository is created."
    )
    token = forms.CharField(
        label="Secret with the hub's token",
        max_length=64,
        initial=DEFAULT_TOKEN,
        help_text="Name of an environment variable of the workers that holds the token.",
    )


class PushForm(HubForm):
    formats = forms.MultipleChoiceField(
        label="Formats",
        choices=[(format_, format_) for format_ in FORMATS],
        initial=["sft", "dpo", "kto"],
        widget=forms.CheckboxSelectMultiple,
    )
