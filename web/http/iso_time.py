"""A moment as answers of the API write it."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers


class IsoTime(serializers.DateTimeField):
    """A moment with the offset +00:00, as events write it."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()
