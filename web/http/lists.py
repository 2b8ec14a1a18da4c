"""Lists of the API: one declaration for the published schema, the check of requests and the pages."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from web.http.known_parameters import TWICE, bad_filters, refuses_itself, repeated, unknown
from web.http.problem_shape import problems
from web.http.problems import add_found_values

Rows = QuerySet[Any] | Sequence[Any]
# A view's `get` before decoration: it takes the filters and returns rows.
RowsOf = Callable[..., Rows]
# Makes JSON of a page where its serializer only declares the shape.
Draw = Callable[[Request, list[Any]], Iterable[Mapping[str, Any]]]


@refuses_itself
class ListQuery(serializers.Serializer[Any]):
    """Filters of a list. A subclass declares its filters as fields; this one has none."""

    @classmethod
    def read(cls, request: Request, *, extra_names: Sequence[str] = ()) -> dict[str, Any]:
        """Return the values of the filters in a request; an empty filter counts as not set.

        Args:
            request: A GET of a list.
            extra_names: Names allowed in addition to the filters, such as `cursor`.

        Raises:
            Refusal: 400, naming the filters, when a name is no filter or a value is not valid.
        """
        sent = {name: value for name, value in request.query_params.items() if str(value).strip()}
        query = cls(data=sent)
        names = [*query.fields, *extra_names]
        mistakes = {name: [unknown("filter", name, names)] for name in request.query_params if name not in names}
        mistakes |= {name: [TWICE] for name in repeated(request.query_params)}
        if not query.is_valid():
            mistakes |= {name: [str(message) for message in messages] for name, messages in query.errors.items()}
        if mistakes:
            add_found_values(mistakes, sent)
            raise bad_filters(mistakes)
        return dict(query.validated_data)


class TaskQuery(ListQuery):
    task = serializers.CharField(required=False, help_text="Slug of a task.")


def one_of(choices: Iterable[Any], **options: Any) -> serializers.ChoiceField:
    """Return a filter with fixed choices; its refusal names them."""
    words = [str(choice) for choice in choices]
    message = f"Found '{{input}}'; expected one of {', '.join(words)}."
    return serializers.ChoiceField(words, error_messages={"invalid_choice": message}, **_optional(options))


def id_of(what: str, **options: Any) -> serializers.UUIDField:
    """Return a filter for an id; its refusal names the kind of object."""
    message = f"Expected the id of {what}."
    return serializers.UUIDField(error_messages={"invalid": message}, **_optional(options))


def _optional(options: dict[str, Any]) -> dict[str, Any]:
    return options if "default" in options else {"required": False, **options}


def lists(
    shape: type[serializers.BaseSerializer[Any]],
    query: type[ListQuery] = ListQuery,
    *,
    draw: Draw | None = None,
    operation_id: str | None = None,
) -> Callable[[RowsOf], Callable[..., Response]]:
    """Make a view's `get` answer a list: declared in the schema, filtered, and paginated by its `pagination_class`.

    The decorated method takes the request and a dictionary of filters, and returns rows. A view without
    `pagination_class` answers a bare array.

    Args:
        shape: Serializer of one row.
        query: Serializer of the filters.
        draw: Function that makes JSON of a page, where `shape` only declares it.
        operation_id: Name in the schema, where the generated one does not do.
    """

    def decorate(rows_of: RowsOf) -> Callable[..., Response]:
        @extend_schema(
            operation_id=operation_id,
            parameters=[query] if query().fields else [],
            responses={(200, "application/json"): shape(many=True), **problems(400)},
        )
        @functools.wraps(rows_of)
        def get(view: APIView, request: Request, **kwargs: Any) -> Response:
            pages = _pages_of(view)
            names = [str(each["name"]) for each in pages.get_schema_operation_parameters(view)] if pages else []
            rows = rows_of(view, request, query.read(request, extra_names=names), **kwargs)
            page: list[Any] = list(rows) if pages is None else pages.paginate_queryset(rows, request, view=view) or []
            results = list(draw(request, page)) if draw else shape(page, many=True).data
            return Response(results) if pages is None else pages.get_paginated_response(results)

        return refuses_itself(get)

    return decorate


def _pages_of(view: APIView) -> BasePagination | None:
    kind = cast("type[BasePagination] | None", getattr(view, "pagination_class", None))
    return kind() if kind else None
