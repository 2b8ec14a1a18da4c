"""API of teachers and prices: any member reads, an admin writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.teachers import edit
from generation.teachers import queries as selectors
from generation.teachers.edit import NewTeacher
from generation.teachers.serializers import TeacherIn, TeacherOut
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.read_body import checked, read_body, require_same

if TYPE_CHECKING:
    from generation.models import Teacher


class TeacherListView(APIView):
    """Teachers that drafts can be ordered from."""

    scope_write = "admin"
    pagination_class = WholeList

    @lists(TeacherOut)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return selectors.lines(member_of(request))

    @extend_schema(request=TeacherIn, responses={201: TeacherOut})
    def post(self, request: Request) -> Response:
        require_recent(request)
        body = read_body(TeacherIn, request)
        teacher = edit.create(NewTeacher(**{"slug": "", **body}), by=member_of(request))
        return Response(_response_data(teacher), status=201)


class TeacherView(APIView):
    """One teacher."""

    scope_write = "admin"

    @extend_schema(responses=TeacherOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(_response_data(selectors.teacher_or_404(member_of(request), slug)))

    @extend_schema(request=TeacherIn, responses=TeacherOut)
    def patch(self, request: Request, slug: str) -> Response:
        require_recent(request)
        teacher = selectors.teacher_or_404(member_of(request), slug)
        body = checked(TeacherIn(data=request.data, partial=True), request)
        require_same(body, slug=teacher.slug)
        values = {name: getattr(teacher, name) for name in NewTeacher.__dataclass_fields__ if name != "key"}
        changed = edit.change(teacher, NewTeacher(**values | body), by=member_of(request))
        return Response(_response_data(changed))


class TeacherKeyView(APIView):
    """The stored key of a teacher: entered with the teacher, and taken away here."""

    scope_write = "admin"

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        require_recent(request)
        edit.remove_key(selectors.teacher_or_404(member_of(request), slug), by=member_of(request))
        return Response(status=204)


def _response_data(teacher: Teacher) -> Any:
    return TeacherOut(selectors.line_of(teacher, selectors.price_of(teacher))).data
