"""Refuse what the declaration does not let in: pages by a middleware, the API by a permission, both by one decision.

Programs are known only once DRF has read their token, so the API decides there; the middleware holds that it does. A
route without a line is refused. Asks the database only for what belongs to a task, once, and not for admins; what it
read is kept on the member, so that the checks behind it need not read it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from campaigns.mail_tasks import require_mails
from members.models import Member
from miniatures_site.access.levels import ADMIN, ANY_LEAD, KEY, LEAD, MEMBER, NONE, OPEN, OWN, REVIEWER, VIEWER, Rule
from miniatures_site.access.levels import AccessLevel as Level
from miniatures_site.access.routes import key_of
from miniatures_site.access.rules import RULES
from miniatures_site.access.rules.campaigns import CAMPAIGNS
from miniatures_site.access.task_of import AddressValue, TaskLookup, lookup_of
from review.sources.judge_records.queries import require_not_withheld
from review.states import Role
from review.tasks import permissions

if TYPE_CHECKING:  # DRF's views import this module by its settings.
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)
ROLES = {VIEWER: Role.VIEWER, REVIEWER: Role.REVIEWER, LEAD: Role.LEAD}
WITHOUT_MEMBER = frozenset({OPEN, KEY})


class AccessMiddleware(LoginRequiredMiddleware):
    """Middleware: pages and everything else that is no view of DRF's."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: Sequence[Any],
        view_kwargs: Mapping[str, Any],
    ) -> HttpResponseBase | None:
        """Let a request through to its view, lead a visitor to sign in, or refuse.

        Raises:
            PermissionDenied: The route has no line, or the member lacks the role.
            Http404: The member may not know of the task, or the page is about mails and the task writes none.
        """
        if decides_itself(view_func):
            return None
        rule = _rule_of(request)
        need = rule.enforced(request.method or "")
        if need in WITHOUT_MEMBER:
            return None
        if need is NONE and not WITHOUT_MEMBER.isdisjoint(rule[:2]):
            return HttpResponseNotAllowed(rule.page_methods)
        if not isinstance(request.user, Member):
            return self.handle_no_permission(request, view_func)
        if need is NONE:
            return HttpResponseNotAllowed(rule.page_methods)
        decide(request.user, need, _pattern_of(request), view_kwargs)
        _require_further(request, rule, view_kwargs)
        return None


class RouteAccess(BasePermission):
    """Permission of every view of the API: signed in, and what the declaration asks."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether somebody is signed in.

        Raises:
            PermissionDenied: The route has no line, or the member lacks the role.
            Http404: The member may not know of the task, or the call is about mails and the task writes none.
            MethodNotAllowed: The route has no such method.
        """
        if not isinstance(request.user, Member):
            return False
        rule = _rule_of(request._request)
        need = rule.enforced(request.method or "")
        if need is NONE or not hasattr(view, (request.method or "").lower()):
            raise MethodNotAllowed(request.method or "")
        decide(request.user, need, _pattern_of(request._request), view.kwargs)
        _require_further(request._request, rule, view.kwargs)
        return True


def decides_itself(view: Callable[..., Any]) -> bool:
    """Return whether a view is one of DRF's that asks `RouteAccess`."""
    return RouteAccess in getattr(getattr(view, "cls", None), "permission_classes", ())


def decide(member: Member, need: Level, pattern: str, values: Mapping[str, Any]) -> None:
    """Refuse a member who lacks what a route needs.

    Raises:
        PermissionDenied: The member is no admin or lead, or sees the task and has a smaller role in it.
        Http404: The member does not see the task, there is no such thing, or the level names nothing that could be
            asked.
    """
    if member.is_service and need in (ADMIN, ANY_LEAD, OWN):
        raise PermissionDenied("A service token acts inside its task alone.")
    if member.is_admin or need in (MEMBER, OWN):
        return
    if need is ADMIN:
        raise PermissionDenied("This needs an admin.")
    if need is ANY_LEAD:
        if not permissions.read_leads(member):
            raise PermissionDenied("This needs the role admin, or lead of a task.")
        return
    lookup = lookup_of(pattern)
    if lookup is None or need not in ROLES:
        logger.error("The declaration asks %s of a route whose address names no task: %s", need.name, pattern)
        raise PermissionDenied("No one may do this.")
    _require_role(member, ROLES[need], lookup, values[lookup.parameter])


def _require_role(member: Member, least: Role, lookup: TaskLookup, value: AddressValue) -> None:
    access = permissions.read_access(member, lookup.tasks(value))
    if access is not None:
        if lookup.is_hidden and not permissions.may(member, access.task, least):
            raise Http404(lookup.missing.format(value))
        permissions.require(member, access.task, least)
    elif lookup.otherwise is None or not lookup.otherwise(value, member, least):
        raise Http404(lookup.missing.format(value))


def _require_further(request: HttpRequest, rule: Rule, values: Mapping[str, Any]) -> None:
    """Answer 404 on a route of mails whose task writes none.

    Refuse a judge's verdicts to members who review the drafts it judges.
    """
    lookup = lookup_of(_pattern_of(request))
    if lookup is None:
        return
    if request.resolver_match and key_of(request.resolver_match) in CAMPAIGNS:
        require_mails(lookup.tasks(values[lookup.parameter]))
    if rule.withheld and isinstance(request.user, Member):
        require_not_withheld(request.user, lookup.tasks(values[lookup.parameter]))


def _rule_of(request: HttpRequest) -> Rule:
    key = key_of(request.resolver_match) if request.resolver_match else ""
    rule = RULES.get(key)
    if rule is None:
        logger.error("The route '%s' has no line in miniatures_site/access/rules: refused", key)
        raise PermissionDenied("No one may do this: its access is not declared.")
    return rule


def _pattern_of(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else ""
