"""The form of a draft campaign: arms, mails, links, who sends, and limits. It reads input; services decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property

from campaigns.models import Arm, Campaign, PipelineVersion
from campaigns.overview import step_forms
from campaigns.overview.form_choices import CampaignChoices, dropped_rows, import_label, open_folds, reader_label
from campaigns.pipelines.board import writer_label
from campaigns.planning.edit import LINK_NAME
from campaigns.planning.plans import MOST_ARMS, OWN, ArmPlan, CampaignPlan, is_date
from campaigns.states import Approval
from web.http.form_choices import set_choices

# Before the id of a pipeline's version, among the slugs of teachers.
PIPELINE = "pipeline:"
# In place of a writer; no slug holds a colon.
HOLDOUT = "no-mail:"
# In place of a segment; an import takes the blanks around a segment away.
EVERYONE = " everyone"
# What a form may say beside a plan: the same names as the plan's, and the same meaning.
_PLAIN = (
    "name",
    "max_model_usd",
    "mails_per_minute",
    "daily_cap",
    "company_cap",
    "quiet_from",
    "quiet_until",
    "sends_at_weekends",
    "tracks_opens",
    "holds_out_everywhere",
    "time_zone",
)


class CampaignForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    sender = forms.ChoiceField(label="Sender", required=False, help_text="Shown at the top and the foot of each mail.")
    further_senders = forms.MultipleChoiceField(
        label="More senders",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They share the mails within their daily limits. A contact gets mail from only one of them.",
    )
    segment = forms.ChoiceField(label="Contacts", required=False)
    imported_with = forms.ChoiceField(
        label="Imported with",
        required=False,
        help_text="Alone: everyone in that import. With a segment: contacts in both.",
    )
    limit = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="At most this many contacts, earliest import first.",
    )
    except_mailed_by = forms.MultipleChoiceField(
        label="Leave out contacts of",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Campaigns of this task, those of earlier rounds for instance.",
    )
    links = forms.CharField(
        label="Links",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text="One a line: a name and an https address. A text uses them as {{link.name}}.",
    )
    approval = forms.ChoiceField(label="Reviewed by a person", choices=Approval.choices, initial=Approval.ALL)
    sample_share = forms.IntegerField(
        label="Share, per cent",
        min_value=0,
        max_value=100,
        initial=20,
        required=False,
        help_text="Of the mails that no check marks.",
    )
    max_model_usd = forms.DecimalField(
        label="Model budget, US dollars", min_value=0, max_digits=12, decimal_places=6, initial=Decimal(1)
    )
    mails_per_minute = forms.IntegerField(label="Mails a minute", min_value=1, max_value=1_000_000, initial=60)
    daily_cap = forms.IntegerField(label="Mails a day", min_value=1, max_value=1_000_000, initial=500)
    company_cap = forms.IntegerField(
        label="First mails a company",
        min_value=1,
        max_value=1000,
        required=False,
        help_text="In a quarter, over all campaigns; empty: the installation's limit.",
    )
    quiet_from = forms.IntegerField(label="Quiet from, hour", min_value=0, max_value=23, initial=20)
    quiet_until = forms.IntegerField(
        label="Quiet until, hour", min_value=0, max_value=23, initial=8, help_text="Equal hours: never quiet."
    )
    days_off = forms.CharField(
        label="Days off",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text="Holidays, one date a line such as 2026-12-25: nothing is sent on them.",
    )
    sends_at_weekends = forms.BooleanField(label="Send at weekends too", required=False)
    tracks_opens = forms.BooleanField(
        label="Track opens",
        required=False,
        help_text="Adds a tiny picture to mails, only for contacts who consented.",
    )
    holds_out_everywhere = forms.BooleanField(
        label="No mail from other campaigns either",
        required=False,
        help_text="For contacts of an arm without mails: no campaign of this task writes to them until this one ends.",
    )
    time_zone = forms.CharField(
        label="Time zone", max_length=64, initial="UTC", help_text="For contacts without one of their own."
    )
    reply_teacher = forms.ChoiceField(
        label="Replies classified by",
        required=False,
        help_text="Rules decide opt-outs, absences and automatic mails; "
        "this sorts the rest, and a person can correct it.",
    )
    control = forms.ChoiceField(label="Control", required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, choices: CampaignChoices, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self._teachers = {line.teacher.slug: line.teacher for line in choices.teachers}
        self._senders = {sender.slug: sender for sender in choices.senders}
        self._pipelines = {f"{PIPELINE}{version.pk}": version for version in choices.pipelines}
        self._default = choices.default
        writers = [("", "No model"), *((line.teacher.slug, writer_label(line)) for line in choices.teachers)]
        nobody = [(HOLDOUT, "Holdout: its contacts get no mail")]
        for number in range(1, MOST_ARMS + 1):
            self._add_arm(number, [*writers, *self._pipeline_group(), *nobody])
        self.fields.update(step_forms.fields())
        set_choices(self, "sender", [("", "None yet"), *((sender.slug, sender.name) for sender in choices.senders)])
        set_choices(self, "further_senders", [(sender.slug, sender.name) for sender in choices.senders])
        if len(choices.senders) < 2:
            del self.fields["further_senders"]
        everyone = [("", "None yet"), (EVERYONE, f"All {sum(choices.contacts.values()):,} contacts")]
        segments = [(name, f"Segment: {name} ({count:,})") for name, count in choices.contacts.items() if name]
        set_choices(self, "segment", everyone + segments)
        files = [(str(contact_import.pk), import_label(contact_import)) for contact_import in choices.imports]
        set_choices(self, "imported_with", [("", "Any import"), *files])
        set_choices(self, "except_mailed_by", [(each.slug, each.name) for each in choices.campaigns])
        if not choices.campaigns:
            del self.fields["except_mailed_by"]
        readers = [line for line in choices.teachers if not line.teacher.provided_by]
        named = [(line.teacher.slug, reader_label(line)) for line in readers]
        set_choices(self, "reply_teacher", [("", "A person, in the inbox"), *named])
        set_choices(self, "control", [("", "None"), *((str(n), f"Arm {n}") for n in range(1, MOST_ARMS + 1))])

    def _pipeline_group(self) -> list[tuple[str, list[tuple[str, str]]]]:
        options = [(key, self._pipeline_label(version)) for key, version in self._pipelines.items()]
        return [("Pipelines", options)] if options else []

    def _pipeline_label(self, version: PipelineVersion) -> str:
        return f"{version} (the task's default)" if version == self._default else str(version)

    def _add_arm(self, number: int, writers: Sequence[tuple[str, Any]]) -> None:
        is_first = number == 1
        self.fields[f"arm_{number}_name"] = forms.CharField(
            label=f"Arm {number}", max_length=80, required=is_first, initial="A" if is_first else ""
        )
        self.fields[f"arm_{number}_teacher"] = forms.ChoiceField(label="Writes", choices=writers, required=False)
        self.fields[f"arm_{number}_weight"] = forms.IntegerField(
            label="Weight", min_value=0, max_value=1000, initial=1, required=False
        )

    def arm_rows(self) -> Iterator[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        for number in range(1, MOST_ARMS + 1):
            yield self[f"arm_{number}_name"], self[f"arm_{number}_teacher"], self[f"arm_{number}_weight"]

    @cached_property
    def open_folds(self) -> set[str]:
        return open_folds(self)

    def step_rows(self) -> Iterator[dict[str, Any]]:
        return step_forms.rows(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if gap := step_forms.check_order(cleaned):
            self.add_error(gap, "A later mail is to be sent: send this one too, or move the later one here.")
        for name, error in list(dropped_rows(self)):
            self.add_error(name, error)
        return cleaned

    def clean_days_off(self) -> list[str]:
        """Dates, one a line; a line that is none is refused by its number."""
        days = []
        for number, line in enumerate(str(self.cleaned_data["days_off"]).splitlines(), start=1):
            if line.strip() and not is_date(line.strip()):
                raise forms.ValidationError(f"Line {number}: '{line.strip()[:40]}' is not a date; write 2026-12-25.")
            if line.strip():
                days.append(line.strip())
        return days

    def clean_links(self) -> dict[str, str]:
        """Addresses by name; a line that is not two words is refused by its number."""
        links: dict[str, str] = {}
        for number, line in enumerate(str(self.cleaned_data["links"]).splitlines(), start=1):
            parts = line.split()
            if not parts:
                continue
            if len(parts) != 2 or not LINK_NAME.fullmatch(parts[0]) or parts[0] in links:
                raise forms.ValidationError(
                    f"Line {number}: write a name of its own and one address, such as 'demo https://…'."
                )
            links[parts[0]] = parts[1]
        return links

    def plan(self, draft: Campaign | None = None) -> CampaignPlan:
        """Return the plan of the form; of a draft, what nobody changed or the page does not show stays as it is."""
        cleaned = self.cleaned_data
        plan = CampaignPlan(
            arms=list(self._arms()),
            steps=list(step_forms.plans(cleaned)),
            days_off=cleaned["days_off"],
            links=cleaned["links"],
            sender=self._senders.get(cleaned["sender"]),
            further_senders=[self._senders[slug] for slug in cleaned.get("further_senders", [])],
            approval=Approval(cleaned["approval"]),
            sample_share=(cleaned["sample_share"] or 0) / 100,
            reply_teacher=self._teachers.get(cleaned["reply_teacher"]),
            audience={
                "everyone": cleaned["segment"] == EVERYONE,
                "segment": cleaned["segment"] if cleaned["segment"] != EVERYONE else "",
                "import": cleaned["imported_with"],
                "limit": cleaned["limit"],
                "except_mailed_by": cleaned.get("except_mailed_by", []),
            },
            **{name: cleaned[name] for name in _PLAIN},
        )
        kept = OWN if draft is not None else ()
        return replace(plan, **{name: getattr(draft, name) for name in kept if name not in self.changed_data})

    def _arms(self) -> Iterator[ArmPlan]:
        cleaned = self.cleaned_data
        for number in range(1, MOST_ARMS + 1):
            if name := cleaned[f"arm_{number}_name"].strip():
                weight = cleaned[f"arm_{number}_weight"]
                yield ArmPlan(
                    name,
                    teacher=self._teachers.get(cleaned[f"arm_{number}_teacher"]),
                    pipeline=self._pipelines.get(cleaned[f"arm_{number}_teacher"]),
                    weight=1 if weight is None else weight,
                    is_control=cleaned["control"] == str(number),
                    is_holdout=cleaned[f"arm_{number}_teacher"] == HOLDOUT,
                )


def initial_of_new(default: PipelineVersion | None) -> dict[str, Any]:
    """Return the initial values of the empty form: the task's default pipeline as the writer of its first arm."""
    return {"arm_1_teacher": f"{PIPELINE}{default.pk}"} if default is not None else {}


def initial_of(campaign: Campaign) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(campaign, name) for name in _PLAIN}
    shown |= {
        "max_model_usd": f"{campaign.max_model_usd.normalize():f}",
        "sender": campaign.sender.slug if campaign.sender else "",
        "further_senders": list(campaign.further_senders.values_list("sender__slug", flat=True)),
        "approval": campaign.approval,
        "sample_share": round(campaign.sample_share * 100),
        "reply_teacher": campaign.reply_teacher.slug if campaign.reply_teacher else "",
        "segment": campaign.audience.get("segment") or (EVERYONE if campaign.audience.get("everyone") else ""),
        "imported_with": campaign.audience.get("import", ""),
        "limit": campaign.audience.get("limit"),
        "except_mailed_by": campaign.audience.get("except_mailed_by", []),
        "links": "\n".join(f"{link.name} {link.url}" for link in campaign.links.order_by("name")),
        "days_off": "\n".join(campaign.days_off or ()),
    }
    for number, arm in enumerate(campaign.arms.select_related("teacher").order_by("position"), start=1):
        shown |= {
            f"arm_{number}_name": arm.name,
            f"arm_{number}_teacher": _writer_of(arm),
            f"arm_{number}_weight": arm.weight,
        }
        if arm.is_control:
            shown["control"] = str(number)
    return shown | step_forms.initial_of(campaign)


def _writer_of(arm: Arm) -> str:
    if arm.is_holdout:
        return HOLDOUT
    if arm.pipeline_id is not None:
        return f"{PIPELINE}{arm.pipeline_id}"
    return arm.teacher.slug if arm.teacher else ""
