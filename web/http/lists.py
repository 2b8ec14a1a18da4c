"""Lists of the API: one declaration that the schema publishes, that requests are held to, and that shapes the pages."""

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

from web.errors import Refusal
from web.http import problem_context
from web.http.known_parameters import refuses_itself, unknown
from web.http.problem_shape import problems

Rows = QuerySet[Any] | Sequence[Any]
# A view's `get` as it is written: it takes the filters that were asked for, and returns rows.
RowsOf = Callable[..., Rows]
# How a page becomes JSON where its serializer only declares it.
Draw = Callable[[Request, list[Any]], Iterable[Mapping[str, Any]]]


@refuses_itself
class ListQuery(serializers.Serializer[Any]):
    """Filters of a list. A subclass declares its filters as fields; this one has none."""

    @classmethod
    def read(cls, request: Request, *, beside: Sequence[str] = ()) -> dict[str, Any]:
        """Return the filters that an address sets, read; a filter that is set to nothing is not set.

        Args:
            request: A GET of a list.
            beside: Names that the address may have beside the filters, such as `cursor`.

        Raises:
            Refusal: 400, naming what is known, when a name is no filter or a value cannot be.
        """
        sent = {name: value for name, value in request.query_params.items() if str(value).strip()}
        query = cls(data=sent)
        known = [*query.fields, *beside]
        mistakes = {name: [unknown("filter", name, known)] for name in request.query_params if name not in known}
        if not query.is_valid():
            mistakes |= {name: [str(message) for message in messages] for name, messages in query.errors.items()}
        if mistakes:
            problem_context.add_found_values(mistakes, sent)
            raise bad_filters(mistakes)
        return dict(query.validated_data)


def bad_filters(mistakes: Mapping[str, Sequence[str]]) -> Refusal:
    """The refusal of filters, with what is wrong with each."""
    return Refusal("bad_filters", f"These filters are not valid: {', '.join(mistakes)}.", status=400, errors=mistakes)


class TaskQuery(ListQuery):
    task = serializers.CharField(required=False, help_text="Slug of a task.")


def one_of(choices: Iterable[Any], **options: Any) -> serializers.ChoiceField:
    """A filter whose values are words of ours; a refusal names them."""
    words = [str(choice) for choice in choices]
    message = f"Found '{{input}}'; expected one of {', '.join(words)}."
    return serializers.ChoiceField(words, error_messages={"invalid_choice": message}, **_optional(options))


def id_of(what: str, **options: Any) -> serializers.UUIDField:
    """A filter that takes the id of something; a refusal says of what."""
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
    """Make a view's `get` answer a list: declared, held to its filters, in pages as the view's `pagination_class` makes.

    The decorated method takes the request and the filters as a dictionary, and returns rows. A view without a
    `pagination_class` answers a bare array.

    Args:
        shape: One row.
        query: The filters.
        draw: Makes JSON of a page, where `shape` only declares it.
        operation_id: Its name in the schema, when not the generated one.
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
            rows = rows_of(view, request, query.read(request, beside=names), **kwargs)
            page: list[Any] = list(rows) if pages is None else pages.paginate_queryset(rows, request, view=view) or []
            results = list(draw(request, page)) if draw else shape(page, many=True).data
            return Response(results) if pages is None else pages.get_paginated_response(results)

        return refuses_itself(get)

    return decorate


def _pages_of(view: APIView) -> BasePagination | None:
    kind = cast("type[BasePagination] | None", getattr(view, "pagination_class", None))
    return kind() if kind else None
