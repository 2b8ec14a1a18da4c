"""A reviewer's own page, which they see first, and the list of reviewers for a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from members.session import member_of
from review.adjudication import reviewers
from review.adjudication.reviewers import FASTEST_WPM, RATES_OF, Profile, figures
from review.adjudication.reviewers.profile import latest_day
from review.adjudication.share_outs import queries as share_out_queries
from review.desk import lead_queue
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web import zones

if TYPE_CHECKING:
    from review.models import Task


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.REVIEWER)
    if not may(member, task, Role.LEAD):
        return redirect("review:reviewer", slug, "me")
    context = {
        **lead_queue.tabs(member, task),
        "rows": reviewers.rows(member, task),
    }
    return render(request, "review/reviewers/index.html", context)


@require_safe
def detail(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.REVIEWER)
    profile = reviewers.profile(member, reviewers.reviewer_or_404(member, task, username), task)
    is_lead = may(member, task, Role.LEAD)
    context = {
        **lead_queue.tabs(member, task),
        "is_lead": is_lead,
        "profile": profile,
        "tab": "me" if profile.is_own else "agreement",
        "shared": share_out_queries.parts_of(profile.member, task),
        "rates": _rates(profile),
        "weeks": _weeks(profile),
        "day": _day(profile, task, ZoneInfo(zones.name_for(request))),
        "drift": figures.of_drift(profile.drift),
        "fastest": FASTEST_WPM,
        "rates_of": RATES_OF,
    }
    return render(request, "review/reviewers/detail.html", context)


def _rates(profile: Profile) -> list[dict[str, Any]]:
    names = (("Accepted", "accept"), ("Edited", "edit"), ("Rejected", "reject"))
    return [
        {"name": name, "own": getattr(profile.rates, key), "others": getattr(profile.others, key)}
        for name, key in names
    ]


def _day(profile: Profile, task: Task, zone: ZoneInfo) -> dict[str, Any] | None:
    """The charts of the latest day, on one's own page alone: nobody's hours are watched."""
    day = latest_day(profile.member, task, zone) if profile.is_own else None
    if day is None:
        return None
    x = {"label": "hour of the day"}
    pace = [[hour.hour, round(hour.seconds, 1)] for hour in day.hours if hour.seconds is not None]
    edited = [[hour.hour, round(hour.edited * 100)] for hour in day.hours]
    same = [[hour.hour, round(hour.same * 100)] for hour in day.hours if hour.same is not None]
    shares = [{"name": "edited", "points": edited}, {"name": "same as others", "points": same}]
    # An axis on which every share is nothing says nothing.
    shares = [each for each in shares if each["points"]] if any(share for _, share in [*edited, *same]) else []
    return {
        "day": day,
        "pace": {"x": x, "y": {"label": "seconds a card", "zero": True}, "series": [{"name": "pace", "points": pace}]},
        "shares": {"x": x, "y": {"label": "% of verdicts", "zero": True}, "series": shares},
    }


def _weeks(profile: Profile) -> dict[str, Any]:
    rows = [
        {
            "name": f"{week.monday:%-d %b %Y}",
            "value": week.accepted.value,
            "lo": week.accepted.low,
            "hi": week.accepted.high,
            "n": week.accepted.of,
            "colour": 1,
        }
        for week in profile.weeks
    ]
    return {"rows": rows, "x": {"label": "share accepted", "zero": True}}
