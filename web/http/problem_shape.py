"""Serializer of problem details, for the API's schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

CONTENT_TYPE = "application/problem+json"


class ProblemDetails(serializers.Serializer[Any]):
    """Refusal of a request (RFC 9457): `code` is for programs, `errors` are messages by field."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    hint = serializers.CharField(required=False)
    errors: Any = serializers.DictField(  # DRF's own attribute of that name is for forms
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    state = serializers.JSONField(required=False, help_text="What the server holds now, for a client that was stale.")
    retry_after_s = serializers.IntegerField(required=False)
    request_id = serializers.CharField(
        required=False, help_text="Of a fault: what to tell support. Every answer has it as X-Request-ID."
    )


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemDetails]]:
    return {(status, CONTENT_TYPE): ProblemDetails for status in statuses}
