"""Choices of the form of a campaign, how each is called, which parts stand open, and which rows would be dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django import forms

from campaigns.models import Campaign, ContactImport, PipelineVersion, SenderIdentity
from campaigns.pipelines.board import writer_label
from campaigns.planning.plans import MOST_ARMS, MOST_STEPS
from generation.money.figures import per_thousand
from generation.teachers.queries import TeacherLine


@dataclass(frozen=True)
class CampaignChoices:
    senders: Sequence[SenderIdentity]
    teachers: Sequence[TeacherLine]
    # How many there are of each segment; those of none under an empty name.
    contacts: Mapping[str, int]
    imports: Sequence[ContactImport]
    # Campaigns of the task whose contacts may be left out: launched ones, and those that the draft names.
    campaigns: Sequence[Campaign] = ()
    # The newest version of each pipeline of the task, and those that the campaign's arms have.
    pipelines: Sequence[PipelineVersion] = ()
    # What the task's next campaign begins with.
    default: PipelineVersion | None = None


def import_label(batch: ContactImport) -> str:
    return f"{batch.filename or 'Without a file'}, {batch.created_at:%-d %B %Y}, {batch.rows_added:,} new"


# What a reply and the question around it come to, and the word that answers, in tokens.
REPLY_TOKENS, WORD_TOKENS = 400, 5


def reader_label(line: TeacherLine) -> str:
    """Return the name of a teacher that sorts replies, with what that comes to."""
    if line.price is None:
        return writer_label(line)
    usd = per_thousand(line.price.token_prices.cost_usd(REPLY_TOKENS, WORD_TOKENS))
    return f"{writer_label(line)}, about ${usd:.2f} for 1,000 replies"


# Parts of the page by the names of their fields; a name ending in `_` is the beginning of several.
_FOLDS = {
    "contacts": ("imported_with", "limit", "further_senders", "except_mailed_by"),
    "arms": (
        *("arm_1_name", "arm_1_weight", *(f"arm_{number}_" for number in range(2, MOST_ARMS + 1))),
        *("control", "holds_out_everywhere"),
    ),
    "mails": ("step_", "has_step_", "links"),
    "limits": (
        *("sample_share", "mails_per_minute", "daily_cap", "company_cap", "quiet_", "time_zone", "days_off"),
        *("sends_at_weekends", "tracks_opens", "reply_teacher"),
    ),
}


def open_folds(form: forms.Form) -> set[str]:
    """Return the parts of the form that stand open: a field differs from the empty form's, or has an error."""
    return {fold for fold, names in _FOLDS.items() if any(_stands_out(field, names) for field in form)}


def _stands_out(field: forms.BoundField, names: Sequence[str]) -> bool:
    if not any(field.name == name or (name.endswith("_") and field.name.startswith(name)) for name in names):
        return False
    return bool(field.errors) or field.field.has_changed(field.field.initial, field.value())


# Rows after the first: the field without which a row is left out, how its fields begin, how many, and what to do.
_ROWS = (
    ("arm_{}_name", "arm_{}_", MOST_ARMS, "Give this arm a name, or clear its row."),
    ("has_step_{}", "step_{}_", MOST_STEPS, "Tick this to send the mail, or clear its row."),
)


def dropped_rows(form: forms.Form) -> Iterator[tuple[str, str]]:
    """Name the field, with what to do, of each row that would be left out though something was entered in it.

    A name or tick that was there and is taken away leaves its row out on purpose; not so for the control.
    """
    cleaned, changed = form.cleaned_data, form.changed_data
    for key, prefix, most, error in _ROWS:
        for number in range(2, most + 1):
            name, fields = key.format(number), prefix.format(number)
            is_left_out = not cleaned.get(name) and name not in changed and name not in form.errors
            if is_left_out and any(cleaned.get(each) for each in changed if each.startswith(fields)):
                yield name, error
    control = cleaned.get("control")
    if control and not cleaned.get(name := f"arm_{control}_name") and name not in form.errors:
        yield "control", f"Arm {control} has no name: name it, or choose another."
