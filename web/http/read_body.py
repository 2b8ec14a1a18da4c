"""Validation of a request's body by its serializer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from web.http.known_fields import unknown_fields


def read_body(shape: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated values of a body.

    Raises:
        rest_framework.exceptions.ValidationError: Names each field that is not valid.
    """
    return checked(shape(data=request.data), request)


def checked(body: BaseSerializer[Any], request: Request) -> dict[str, Any]:
    """Return the validated values of a serializer that holds a body.

    Raises:
        rest_framework.exceptions.ValidationError: Names each field that is not valid, and each name that is no field.
    """
    strange = unknown_fields(body, request)
    if not body.is_valid() or strange:
        raise ValidationError(dict(body.errors) | strange)
    return dict(body.validated_data)


def require_same(values: Mapping[str, Any], **fixed: str) -> None:
    """Refuse a body that names another value of what cannot change.

    Raises:
        rest_framework.exceptions.ValidationError: Names each such field.
    """
    errors = {
        name: [f"It stays {value}."] for name, value in fixed.items() if values.get(name) not in ("", None, value)
    }
    if errors:
        raise ValidationError(errors)
