"""Validation of a request's body by its serializer."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def read_body(shape: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated values of a body.

    Raises:
        rest_framework.exceptions.ValidationError: Names each field that is not valid.
    """
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
