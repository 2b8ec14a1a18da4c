"""Forms of this room: an order for drafts, a teacher, a price. They read input; services decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from generation.models import PriceEntry, Teacher
from generation.orders.launch import MOST_PER_RECORD
from generation.orders.queries import SourceOption
from generation.orders.way import WayRequest
from generation.states import Answers, Provider, Stragglers, UncertainPolicy, Way
from generation.teachers.edit import NewTeacher
from generation.teachers.queries import TeacherLine
from web.strict_json import StorableJSONDecoder


class OrderForm(forms.Form):
    """What to order. Without a budget the estimate says what to write there."""

    teacher = forms.ChoiceField(label="Teacher", help_text="Who writes the drafts.")
    source = forms.ChoiceField(
        label="Records", required=False, help_text="Those with the fewest drafts are written for first."
    )
    count = forms.IntegerField(
        label="Drafts", min_value=1, max_value=100_000, initial=50, help_text="In total, spread over the records."
    )
    per_record = forms.IntegerField(
        label="Drafts per record",
        min_value=1,
        max_value=MOST_PER_RECORD,
        initial=1,
        required=False,
        help_text="With two or more, reviewers choose the best of them side by side.",
    )
    max_cost_usd = forms.DecimalField(
        label="Budget, US dollars",
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text="The job stops before it would cost more. A free teacher needs none.",
    )
    uncertain_policy = forms.ChoiceField(
        label="A call whose fate is unknown",
        choices=UncertainPolicy.choices,
        initial=UncertainPolicy.HOLD,
        required=False,
        help_text="A connection may break after a call was sent: it may have been paid, or not.",
    )

    way = forms.ChoiceField(
        label="Ask",
        choices=[("live", "At once"), ("batch", "As batches: half the price, within a day")],
        initial=Way.LIVE,
        required=False,
        help_text="OpenAI and Anthropic take batches. The job waits for them, and may be paused meanwhile.",
    )
    stragglers = forms.ChoiceField(
        label="Calls that a batch leaves unanswered",
        choices=Stragglers.choices,
        initial=Stragglers.ASK,
        required=False,
        help_text="Those nobody has paid for. Such that may be paid are held as uncertain.",
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
        self.fields["teacher"].choices = [  # type: ignore[attr-defined]
            (line.teacher.slug, _teacher_label(line)) for line in teachers
        ]
        # The first in the list may lack its key: begin with one that can write.
        askable = [line.teacher.slug for line in teachers if line.can_be_asked]
        self.initial.setdefault("teacher", askable[0] if askable else "")
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            ("", f"All {held:,} records"),
            *((choice.source.slug, f"{choice.source.name} ({choice.records:,})") for choice in sources),
        ]

    @staticmethod
    def way_of(said: Mapping[str, Any]) -> WayRequest:
        """The way that an order is to go, from what was typed; anything unknown is as ever."""
        is_batch, leaves = said.get("way") == Way.BATCH, said.get("stragglers") == Stragglers.LEAVE
        return WayRequest(Way.BATCH if is_batch else Way.LIVE, Stragglers.LEAVE if leaves else Stragglers.ASK)


class TeacherForm(forms.Form):
    """A teacher. The key itself is never typed here: only the name of the variable that holds it."""

    name = forms.CharField(label="Name", max_length=120, help_text="How pages call it, such as GPT-4o, careful.")
    slug = forms.SlugField(
        label="Short name", max_length=60, help_text="For addresses and the API; cannot change later."
    )
    provider = forms.ChoiceField(label="Provider", choices=Provider.choices)
    model = forms.CharField(label="Model", max_length=120, help_text="Exactly as the provider names it.")
    base_url = forms.CharField(
        label="Base URL",
        required=False,
        max_length=300,
        help_text="For a server of your own, such as http://gpu-1:8000/v1. "
        "Private hosts must stand in ALLOWED_PRIVATE_HOSTS.",
    )
    secret_ref = forms.CharField(
        label="Environment variable with the key",
        required=False,
        max_length=64,
        help_text="The name, not the key. Empty: OPENAI_API_KEY or ANTHROPIC_API_KEY by provider, "
        "none for your own server. A key goes only to the hosts it is allowed for (ALLOWED_SECRETS).",
    )
    parameters = forms.JSONField(
        label="Parameters",
        required=False,
        initial=dict,
        decoder=StorableJSONDecoder,
        error_messages={"invalid": 'Write a JSON object, such as {"temperature": 0.8, "max_tokens": 800}.'},
        help_text='JSON, sent with each call, such as {"temperature": 0.8, "max_tokens": 800}. '
        'The offline teacher knows {"defect_rate": 0.25, "pause_s": 0.5}.',
    )
    answers = forms.ChoiceField(
        label="Answers come",
        choices=Answers.choices,
        initial=Answers.AUTO,
        required=False,
        help_text="By a schema, a model cannot leave a field out; an answer that breaks a length is sent back once. "
        "A server of your own gets text unless you choose JSON.",
    )
    concurrency = forms.IntegerField(label="Calls at once", min_value=1, max_value=512, initial=16)
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["slug"]

    def forget_secret(self) -> None:
        """Take what was typed as the key's name off the form: it may be the key."""
        self.data = {name: self.data.get(name) for name in self.data} | {"secret_ref": ""}

    def new_teacher(self, slug: str = "") -> NewTeacher:
        """The validated input as the service takes it."""
        chosen = dict(self.cleaned_data)
        chosen["answers"] = chosen["answers"] or Answers.AUTO
        chosen["parameters"] = {} if chosen["parameters"] is None else chosen["parameters"]
        return NewTeacher(**{"slug": slug, **chosen})


def _price_field(label: str, *, if_empty: str = "") -> forms.DecimalField:
    """A price of a kind of tokens; it may be left empty where `if_empty` says what that means."""
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_digits=10,
        decimal_places=4,
        required=not if_empty,
        help_text=if_empty,
    )


class PriceForm(forms.Form):
    """One line of the price table."""

    provider = forms.ChoiceField(
        label="Provider", choices=[choice for choice in Provider.choices if choice[0] != Provider.OFFLINE]
    )
    model = forms.CharField(label="Model", max_length=120)
    input_usd_per_million = _price_field("Input, $ per million tokens")
    output_usd_per_million = _price_field("Output, $ per million tokens")
    cached_input_usd_per_million = _price_field(
        "Input read from a cache, $ per million", if_empty="Empty: not known, priced as plain input."
    )
    cache_write_usd_per_million = _price_field(
        "Input written into a cache, $ per million",
        if_empty="Empty: 1.25 times the input at Anthropic, as plain input elsewhere.",
    )
    batch_factor = forms.DecimalField(
        label="Calls in a batch, share of the price",
        min_value=0,
        max_value=1,
        max_digits=4,
        decimal_places=3,
        required=False,
        help_text="Empty: half at OpenAI and Anthropic, the whole price elsewhere.",
    )
    as_of = forms.DateField(
        label="Entered on",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    source_url = forms.URLField(
        label="Source",
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text="The page you took the price from.",
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, help_text="What kind of source it is, and what it leaves out."
    )


def teacher_initial(teacher: Teacher) -> dict[str, Any]:
    """A teacher as the form shows it."""
    names = ("name", "provider", "model", "base_url", "secret_ref", "parameters", "answers", "concurrency", "is_active")
    return {name: getattr(teacher, name) for name in names}


def price_initial(entry: PriceEntry) -> dict[str, Any]:
    """A price as the form shows it, to be entered anew today."""
    names = (
        "provider", "model", "input_usd_per_million", "output_usd_per_million", "cached_input_usd_per_million",
        "cache_write_usd_per_million", "batch_factor", "source_url", "note",
    )  # fmt: skip
    return {name: getattr(entry, name) for name in names}


def _teacher_label(line: TeacherLine) -> str:
    if line.price is None:
        return f"{line.teacher.name} (no price)"
    if not line.has_key:
        return f"{line.teacher.name} (no key)"
    if not line.price.output_usd_per_million:
        return f"{line.teacher.name} (free)"
    given, answered = line.price.input_usd_per_million, line.price.output_usd_per_million
    return f"{line.teacher.name} (${given.normalize():f} in, ${answered.normalize():f} out per million tokens)"
