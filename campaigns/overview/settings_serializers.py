"""Settings of a campaign: an answer shows them as a request names them, so that it can be changed and sent back."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


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
