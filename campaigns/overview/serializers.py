"""Shapes of the requests and answers about campaigns and their mails."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from campaigns.planning.plans import MOST_DAYS_OFF
from campaigns.states import Approval, CampaignState, FixedVerdict, ReplyClass, StepCondition, StepWriter
from generation.teachers.serializers import ShutdownOut


class AudienceIn(serializers.Serializer[Any]):
    """Contacts to write to: a segment, an import, or everyone; nobody until one of the three is named."""

    everyone = serializers.BooleanField(required=False, help_text="All contacts of the task that may be written to")
    segment = serializers.CharField(max_length=80, required=False, allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=100_000, required=False, allow_null=True)
    except_mailed_by = serializers.ListField(
        child=serializers.SlugField(max_length=80),
        required=False,
        max_length=100,
        help_text="Slugs of campaigns: whom they mailed is left out",
    )

    def get_fields(self) -> dict[str, Any]:
        """`import` is a word of Python's own, so it is named here."""
        own = serializers.UUIDField(required=False, allow_null=True, help_text="Id of an import of contacts")
        return {**super().get_fields(), "import": own}


class CampaignSettings(serializers.Serializer[Any]):
    """Settings in requests and answers. `links` are https addresses by name, which a text uses as `{{link.name}}`."""

    further_senders = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        max_length=20,
        help_text="Slugs of senders that share its mails with the first; a contact hears from one of them",
    )
    links = serializers.DictField(child=serializers.CharField(max_length=500), required=False)
    audience = AudienceIn(required=False)
    reply_teacher = serializers.SlugField(required=False, allow_null=True)
    mails_per_minute = serializers.IntegerField(min_value=1, required=False)
    daily_cap = serializers.IntegerField(min_value=1, required=False)
    contact_cap = serializers.IntegerField(
        min_value=1,
        max_value=1000,
        required=False,
        allow_null=True,
        help_text="First mails a contact gets in a quarter",
    )
    company_cap = serializers.IntegerField(
        min_value=1,
        max_value=1000,
        required=False,
        allow_null=True,
        help_text="First mails a company gets in a quarter",
    )
    max_complaints = serializers.FloatField(
        min_value=0, max_value=0.25, required=False, allow_null=True, help_text="Share of mails sent that pauses it"
    )
    max_bounces = serializers.FloatField(min_value=0, max_value=0.25, required=False, allow_null=True)
    max_unsubscribes = serializers.FloatField(min_value=0, max_value=0.25, required=False, allow_null=True)
    quiet_from = serializers.IntegerField(min_value=0, max_value=23, required=False)
    quiet_until = serializers.IntegerField(min_value=0, max_value=23, required=False)
    sends_at_weekends = serializers.BooleanField(required=False)
    tracks_opens = serializers.BooleanField(required=False, help_text="Only of contacts who allow it")
    holds_out_everywhere = serializers.BooleanField(
        required=False,
        help_text="Contacts of a holdout arm get no mail of the task's other campaigns until this one ends",
    )
    time_zone = serializers.CharField(max_length=64, required=False)


class ArmIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    teacher = serializers.SlugField(required=False, allow_null=True, help_text="Slug of a teacher or served miniature")
    pipeline = serializers.SlugField(
        required=False,
        allow_null=True,
        help_text="Slug of a pipeline, whose newest version writes instead of a teacher alone",
    )
    weight = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    is_control = serializers.BooleanField(required=False)
    is_holdout = serializers.BooleanField(required=False, help_text="Its contacts get no mail, to be compared with")


class StepIn(serializers.Serializer[Any]):
    writer = serializers.ChoiceField(choices=StepWriter.choices, required=False)
    wait_s = serializers.IntegerField(min_value=0, required=False)
    subject = serializers.CharField(max_length=200, required=False, allow_blank=True)
    body = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    same_thread = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Of a later mail: sent as `Re:` the first. By default where a model writes it or it takes up an "
        "answer",
    )
    when = serializers.ChoiceField(
        choices=StepCondition.choices, required=False, help_text="Of a later mail: whom it goes to"
    )
    reply_classes = serializers.ListField(
        child=serializers.ChoiceField(choices=ReplyClass.choices),
        required=False,
        allow_null=True,
        max_length=len(ReplyClass),
        help_text="With `replied`: what the last answer says",
    )


class CampaignIn(CampaignSettings):
    """A draft campaign; what is not named is as in a new one."""

    task = serializers.SlugField()
    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=80, required=False)
    sender = serializers.SlugField(required=False, allow_null=True)
    arms = ArmIn(
        many=True,
        allow_empty=False,
        required=False,
        help_text="A new campaign without them begins with one, A, whose mails the task's default pipeline writes; "
        "needed elsewhere",
    )
    steps = StepIn(many=True, required=False, allow_empty=False)
    approval = serializers.ChoiceField(choices=Approval.choices, required=False)
    sample_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    max_model_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False)
    days_off = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=MOST_DAYS_OFF,
        help_text="Dates (YYYY-MM-DD) on which nothing is sent",
    )


class CampaignOut(serializers.Serializer[Any]):
    """A campaign as it stands."""

    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    task_version = serializers.IntegerField(source="task_version.number")
    state = serializers.ChoiceField(choices=CampaignState.choices)
    is_held = serializers.BooleanField()
    is_simulated = serializers.BooleanField()
    sender = serializers.CharField(source="sender.slug", default=None, allow_null=True)
    approval = serializers.ChoiceField(choices=Approval.choices)
    sample_share = serializers.FloatField()
    max_model_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    created_at = serializers.DateTimeField()
    launched_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, campaign: Any) -> str:
        return reverse("campaigns:detail", args=[campaign.slug])


class CampaignRowOut(CampaignOut):
    """The same in a list, with how far it is."""

    contacts = serializers.IntegerField(help_text="People it was launched to")
    awaiting = serializers.IntegerField(help_text="Mails that wait for a person")
    sent = serializers.IntegerField(help_text="Mails that went")
    replied = serializers.IntegerField(help_text="People who replied")
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="When, of figures that take long to count; null: for this answer"
    )


class CampaignArmOut(serializers.Serializer[Any]):
    """An arm with its people, what they did, and its cost."""

    name = serializers.CharField(source="arm.name")
    teacher = serializers.CharField(source="arm.teacher.slug", default=None, allow_null=True)
    miniature = serializers.CharField(source="arm.miniature.slug", default=None, allow_null=True)
    pipeline = serializers.CharField(source="arm.pipeline.pipeline.slug", default=None, allow_null=True)
    pipeline_version = serializers.IntegerField(source="arm.pipeline.number", default=None, allow_null=True)
    weight = serializers.IntegerField(source="arm.weight")
    is_control = serializers.BooleanField(source="arm.is_control")
    is_holdout = serializers.BooleanField(source="arm.is_holdout")
    contacts = serializers.IntegerField()
    clusters = serializers.IntegerField()
    sent = serializers.IntegerField()
    events = serializers.DictField(child=serializers.IntegerField())
    drafts = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    latency_s = serializers.FloatField(allow_null=True)
    person_s = serializers.FloatField()


class CampaignStepOut(serializers.Serializer[Any]):
    """One mail of the sequence: how many are in each state, and what people did with it."""

    number = serializers.IntegerField(source="step.number")
    writer = serializers.CharField(source="step.writer")
    wait_s = serializers.IntegerField(source="step.wait_s")
    subject = serializers.CharField(source="step.subject", help_text="Of a fixed text, as is `body`")
    body = serializers.CharField(source="step.body")
    same_thread = serializers.BooleanField(source="step.same_thread")
    when = serializers.ChoiceField(source="step.when", choices=StepCondition.choices)
    reply_classes = serializers.ListField(
        source="step.reply_classes", child=serializers.ChoiceField(choices=ReplyClass.choices), allow_null=True
    )
    planned = serializers.IntegerField()
    written = serializers.IntegerField()
    approved = serializers.IntegerField()
    sent = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    events = serializers.DictField(child=serializers.IntegerField())


class ProblemOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    place = serializers.CharField()


class WaitingOut(serializers.Serializer[Any]):
    """Reason why a campaign waits; `until` is when it continues automatically, where known."""

    reason = serializers.CharField(
        help_text="paused, guardrail, held, halted, cap, sender_limit, optout, value, hours, deferred, daily_cap, "
        "pace, sender, sender_paused, teacher, order_paused, approval, budget, not_written, follow_up or done"
    )
    message = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    hint = serializers.CharField()


class GuardrailOut(serializers.Serializer[Any]):
    """State of one guardrail over the mails sent since a lead last lifted it."""

    guardrail = serializers.CharField()
    count = serializers.IntegerField()
    of = serializers.IntegerField(help_text="Mails sent")
    bound = serializers.FloatField(help_text="Lower 95 % bound of the share, valid at every look")
    limit = serializers.FloatField(help_text="It pauses once the bound is above")
    tripped_at = serializers.DateTimeField(allow_null=True)


class LiftIn(serializers.Serializer[Any]):
    """Why a campaign may send again."""

    reason = serializers.CharField(max_length=300)


class SenderShareOut(serializers.Serializer[Any]):
    """One of a campaign's senders: mails of the campaign that left from it, and its day over all campaigns."""

    sender = serializers.CharField(source="sender.slug")
    sent = serializers.IntegerField()
    went_today = serializers.IntegerField(source="day.went")
    allowance_today = serializers.IntegerField(
        source="day.limit", allow_null=True, help_text="At most so many mails on this day (UTC); null: any number"
    )


class CampaignFullOut(CampaignSettings, CampaignOut):
    """The same with settings, steps, arms, what it waits for, and, of a draft, what keeps it from being launched."""

    days_off = serializers.ListField(child=serializers.DateField())
    waiting = WaitingOut(allow_null=True, help_text="null while mails move, before the launch and after the end")

    steps = CampaignStepOut(many=True)
    arms = CampaignArmOut(many=True)
    senders = SenderShareOut(many=True, help_text="The first is its `sender`")
    problems = ProblemOut(many=True)
    guardrails = GuardrailOut(many=True)
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="When steps and arms were, of figures that take long to count; null: for this answer"
    )
    shutdowns = ShutdownOut(many=True, help_text="Of its models those that are shut down within 90 days, or were")


class LaunchIn(serializers.Serializer[Any]):
    """Options of a launch: contacts, by default the campaign's own audience, and whether to hold written mails."""

    contacts = AudienceIn(required=False)
    is_held = serializers.BooleanField(required=False, help_text="Write and approve, send nothing until `release`")


class FixedMailsIn(serializers.Serializer[Any]):
    """A word on mails with a fixed text; without `messages`, on every one that awaits approval."""

    verdict = serializers.ChoiceField(choices=FixedVerdict.choices)
    messages = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=1000, help_text="Ids of mails"
    )


class WrittenAgainOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
