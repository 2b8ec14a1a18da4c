"""API of prices: any member reads the table, an admin writes lines of it or a whole price map."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.pricing import change, price_map
from generation.pricing.serializers import PriceImportOut, PriceIn, PriceMapIn, PriceQuery
from generation.teachers import prices
from generation.teachers import queries as selectors
from generation.teachers.prices import NewPrice
from generation.teachers.serializers import PriceLineOut
from members.session import member_of
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems


class PriceListView(APIView):
    """The price table."""

    scope_write = "admin"
    pagination_class = WholeList

    @lists(PriceLineOut, PriceQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Rows:
        """List prices that count today, or every row."""
        if asked.pop("every_row", False):
            return selectors.price_rows(**asked)
        return selectors.prices().filter(**asked)

    @extend_schema(request=PriceIn, responses={201: PriceLineOut, **problems(422)})
    def post(self, request: Request) -> Response:
        """Set a price from a day on."""
        body = PriceIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"as_of": timezone.localdate(), **body.validated_data}
        entry = prices.set_price(NewPrice(**given), by=member_of(request))
        return Response(PriceLineOut(entry).data, status=201)


class PriceView(APIView):
    """One line of the table."""

    scope_write = "admin"

    @extend_schema(responses={204: None})
    def delete(self, request: Request, price_id: int) -> Response:
        """Take a line out; the one before it counts again."""
        prices.remove_price(selectors.price_or_404(price_id), by=member_of(request))
        return Response(status=204)


class PriceImportView(APIView):
    """A price map."""

    scope_write = "admin"

    @extend_schema(request=PriceMapIn, responses={200: PriceImportOut, 201: PriceImportOut, **problems(422)})
    def post(self, request: Request) -> Response:
        """Tell what a map would change; with `confirm` write it, all or nothing."""
        body = PriceMapIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        read = price_map.read(given["map"], from_date=given.get("from_date"))
        outcome = change.import_map(
            read, by=member_of(request), is_confirmed=given["confirm"], skips_refused=given["skip_refused"]
        )
        answer = {
            "is_saved": outcome.is_saved,
            "changes": outcome.changes,
            "saved": outcome.saved,
            "unchanged": read.unchanged,
            "refused": read.refused,
        }
        return Response(PriceImportOut(answer).data, status=201 if outcome.is_saved else 200)
