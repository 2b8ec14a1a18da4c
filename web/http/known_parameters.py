"""Refusal of query parameters that an API view does not declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import QueryDict
from rest_framework.permissions import BasePermission

from web.errors import Refusal

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

T = TypeVar("T", bound=Callable[..., Any])
_MARK = "refuses_unknown_parameters"
TWICE = "It came twice with different values; send one."


def refuses_itself(reader: T) -> T:
    """Mark a view's method or a query serializer that refuses unknown names together with bad values."""
    setattr(reader, _MARK, True)
    return reader


class KnownParameters(BasePermission):
    """Permission of every API view: a mistyped parameter would silently change the result."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or refuse the request.

        Raises:
            Refusal: 400, naming the declared parameters, when the request sets another one.
        """
        handler = getattr(view, (request.method or "").lower(), None)
        if not request.query_params or handler is None:
            return True
        schema = declared_schema(handler, view)
        parameters = list(schema.get_override_parameters()) if schema else []
        if any(getattr(each, _MARK, False) for each in (handler, *parameters)):
            return True
        names = [each.name for each in parameters if each.location == "query"]
        if strange := [name for name in request.query_params if name not in names]:
            raise Refusal(
                "unknown_parameters",
                f"There is no parameter {', '.join(strange)} here.",
                status=400,
                errors={name: [unknown("parameter", name, names)] for name in strange},
            )
        if twice := repeated(request.query_params):
            raise bad_filters({name: [TWICE] for name in twice})
        return True


def repeated(parameters: QueryDict) -> list[str]:
    """Return the names that come with several values, of which Django would read the last alone."""
    return [name for name, values in parameters.lists() if len(set(values)) > 1]


def bad_filters(mistakes: Mapping[str, Sequence[str]]) -> Refusal:
    """Return a refusal that lists the mistakes of each filter."""
    return Refusal("bad_filters", f"These filters are not valid: {', '.join(mistakes)}.", status=400, errors=mistakes)


def unknown(what: str, name: str, names: Sequence[str]) -> str:
    """Word the refusal of a parameter or filter, with the names that exist."""
    if not names:
        return f"There is no {what} '{name}', nor any other here."
    return f"There is no {what} '{name}'. There are {', '.join(names)}."


def declared_schema(handler: Callable[..., Any] | None, view: APIView) -> Any:
    """Return what `extend_schema` declares for a view's method; None where it declares nothing."""
    schema_of = getattr(handler, "kwargs", {}).get("schema")
    if schema_of is None:
        return None
    schema = schema_of()
    schema.view = view
    return schema
