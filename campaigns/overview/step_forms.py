"""The mails of a sequence in the form of a campaign: one row of fields for each, the first always there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from campaigns.models import Campaign
from campaigns.planning.plans import DAY_S, MOST_STEPS, MOST_WAIT_DAYS, StepPlan
from campaigns.states import FOLLOWED_REPLIES, ReplyClass, StepCondition, StepWriter

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
WAIT_DECIMALS = 5
_FIELDS = ("wait_days", "when", "reply_classes", "writer", "same_thread", "subject", "body")


def fields() -> dict[str, forms.Field]:
    """Every field of every mail, by name: `step_3_wait_days`; whether a later one is sent is `has_step_3`."""
    made: dict[str, forms.Field] = {}
    for number in range(1, MOST_STEPS + 1):
        prefix = f"step_{number}"
        if number > 1:
            made[f"has_{prefix}"] = forms.BooleanField(label=f"Send a {ORDINALS[number - 1]} mail", required=False)
            made |= {f"{prefix}_{name}": field for name, field in _later().items()}
        made[f"{prefix}_writer"] = forms.ChoiceField(
            label="Written by",
            choices=StepWriter.choices,
            required=number == 1,
            initial=StepWriter.MODEL if number == 1 else StepWriter.TEMPLATE,
        )
        made[f"{prefix}_subject"] = forms.CharField(label="Subject of the fixed text", max_length=200, required=False)
        made[f"{prefix}_body"] = forms.CharField(
            label="Fixed text",
            max_length=20_000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 6}),
            help_text="{{contact.first_name|there}} reads there for a contact without a first name.",
        )
    return made


def _later() -> dict[str, forms.Field]:
    labels = dict(ReplyClass.choices)
    return {
        "wait_days": forms.DecimalField(
            label="Days after the previous mail",
            min_value=0,
            max_value=MOST_WAIT_DAYS,
            max_digits=7,
            # Fewer would not tell one second from the next.
            decimal_places=WAIT_DECIMALS,
            initial=4,
            required=False,
            help_text="For a mail that responds to an answer: days after the answer.",
        ),
        "when": forms.ChoiceField(
            label="Goes out when",
            choices=StepCondition.choices,
            initial=StepCondition.NO_ANSWER,
            required=False,
            help_text="Where it does not fit, the next mail that fits goes instead.",
        ),
        "reply_classes": forms.MultipleChoiceField(
            label="What the answer says",
            choices=[(value, labels[value]) for value in FOLLOWED_REPLIES],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text="Only for mails that respond to an answer. The model that writes them sees this class, "
            "never the reader's words.",
        ),
        "same_thread": forms.BooleanField(
            label="Send it as an answer to the first mail",
            required=False,
            initial=True,
            help_text="Its subject is then Re: and the first one's; a subject of its own is passed over.",
        ),
    }


def rows(form: forms.Form) -> Iterator[dict[str, Any]]:
    """Each later mail for the page: whether it is sent, its fields by short name, and whether its row stands open."""
    for number in range(2, MOST_STEPS + 1):
        has = form[f"has_step_{number}"]
        row = {name: form[f"step_{number}_{name}"] for name in _FIELDS}
        is_open = bool(has.value()) or any(field.errors for field in (has, *row.values()))
        yield {"number": number, "ordinal": ORDINALS[number - 1], "has": has, "is_open": is_open, **row}


def plans(cleaned: Mapping[str, Any]) -> Iterator[StepPlan]:
    """The mails that a validated form asks for, in their order."""
    yield StepPlan(StepWriter(cleaned["step_1_writer"]), 0, cleaned["step_1_subject"], cleaned["step_1_body"])
    for number in range(2, MOST_STEPS + 1):
        if cleaned[f"has_step_{number}"]:
            yield _plan({name: cleaned[f"step_{number}_{name}"] for name in _FIELDS})


def _plan(values: Mapping[str, Any]) -> StepPlan:
    return StepPlan(
        StepWriter(values["writer"] or StepWriter.TEMPLATE),
        round((values["wait_days"] or 0) * DAY_S),
        values["subject"],
        values["body"],
        when=StepCondition(values["when"] or StepCondition.NO_ANSWER),
        reply_classes=values["reply_classes"],
        same_thread=values["same_thread"],
    )


def check_order(cleaned: Mapping[str, Any]) -> str:
    """Return the name of the first mail that is left out before one that is sent; empty where none is."""
    flags = [bool(cleaned.get(f"has_step_{number}")) for number in range(2, MOST_STEPS + 1)]
    last = max((at for at, has in enumerate(flags) if has), default=-1)
    gap = next((at for at in range(last) if not flags[at]), None)
    return "" if gap is None else f"has_step_{gap + 2}"


def initial_of(campaign: Campaign) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for step in campaign.steps.order_by("number"):
        prefix = f"step_{step.number}"
        shown |= {f"{prefix}_writer": step.writer, f"{prefix}_subject": step.subject, f"{prefix}_body": step.body}
        if step.number > 1:
            shown |= {
                f"has_{prefix}": True,
                f"{prefix}_wait_days": f"{round(Decimal(step.wait_s) / DAY_S, WAIT_DECIMALS).normalize():f}",
                f"{prefix}_when": step.when,
                f"{prefix}_reply_classes": step.reply_classes or [],
                f"{prefix}_same_thread": step.same_thread,
            }
    return shown
