"""Following a run or a sweep: a button that works without scripts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.monitor import queries as jobs
from members.session import member_of
from training.notices import send


@require_POST
def follow(request: HttpRequest, job_id: UUID) -> HttpResponse:
    member = member_of(request)
    job = jobs.get(member, job_id)
    if request.POST.get("follow") == "off":
        send.unfollow(job, by=member)
        messages.success(request, "You no longer get notices about it.")
    else:
        send.follow(job, by=member)
        messages.success(request, "You get a notice when it ends.")
    return redirect(job.subject_url or "jobs:list")
