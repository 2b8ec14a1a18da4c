"""The page that says which accepted drafts earn replies, and how the reply rate goes from month to month."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.reply_patterns import queries
from campaigns.reply_patterns.figures import FEWEST_CLUSTERS
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, task_or_404


@require_safe
def reply_patterns_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    is_simulated = request.GET.get("simulated") == "yes"
    counted = queries.counted(task, is_simulated=is_simulated)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "reply-patterns",
        "found": counted.value,
        "counted_at": counted.at,
        "is_simulated": is_simulated,
        "fewest": FEWEST_CLUSTERS,
        "days": queries.ANSWERED_WITHIN.days,
        "next_drafts": queries.NEXT_DRAFTS,
        "proposal": queries.proposal(task),
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "campaigns/reply_patterns.html", context)
