"""Pages of jobs. Thin: queries answer, `lifecycle` acts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.kinds import registry
from jobs.lifecycle import control
from jobs.live import stream
from jobs.monitor import queries
from jobs.scheduling import halt, hosts
from jobs.states import JobState
from jobs.supervisor import prune_runs, run_dirs
from members.session import member_of
from web.errors import Refusal
from web.http.safe_redirect import safe_next_path
from web.whole_numbers import whole_number

VERBS = {"pause": control.pause, "resume": control.resume, "cancel": control.cancel}


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    jobs = queries.filtered(queries.visible(member_of(request)), request.GET)
    before, start = request.GET.get("before", ""), whole_number(request.GET.get("from", ""), otherwise=0)
    going_on = None if before else queries.unfinished(jobs, start=start)
    ended = None if start else queries.ended_page(jobs, before=before)
    if (before or start) and not any(page and page.jobs for page in (going_on, ended)):
        # What was further down has moved up or gone meanwhile: back to the top.
        filters = request.GET.copy()
        for name in ("before", "from"):
            filters.pop(name, None)
        return redirect(f"{request.path}?{filters.urlencode()}")
    context = {
        "section": "jobs",
        "going_on": going_on,
        "ended": ended,
        "kinds": queries.kinds(),
        "states": list(JobState),
        "wanted": request.GET,
        "is_filtered": any(request.GET.get(name) for name in ("state", "kind", "task", "request")),
    }
    return render(request, "jobs/list.html", context)


@require_safe
def job_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = queries.get(member_of(request), job_id)
    log = run_dirs.end_of_log(job.pk, job.run_fence) if job.run_fence else ""
    context = {
        "section": "jobs",
        "job": job,
        "moves": queries.transitions_of(job),
        "told": queries.recent_events(member_of(request), job),
        "priorities": [(word, number) for word, number in control.PRIORITIES.items()],
        "log": log,
        "why_no_log": prune_runs.why_no_log(job) if log is None else "The log is empty.",
    }
    return render(request, "jobs/detail.html", context)


@require_POST
def steer(request: HttpRequest, job_id: UUID, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404("Jobs can be paused, resumed and cancelled.")
    job = queries.get(member_of(request), job_id)
    try:
        VERBS[verb](job, by=member_of(request))
    except Refusal as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
    return redirect(_back(request, job_id))


@require_POST
def priority(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = queries.get(member_of(request), job_id)
    try:
        control.prioritise(job, by=member_of(request), priority=request.POST.get("priority", ""))
    except Refusal as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
    return redirect(_back(request, job_id))


@require_http_methods(["GET", "HEAD", "POST"])
def hosts_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        is_draining = request.POST.get("verb") == "drain"
        host = hosts.drain(request.POST.get("host", ""), by=member_of(request), is_draining=is_draining)
        if host is not None:
            what = "accepts no more jobs; those it holds finish there" if is_draining else "accepts jobs again"
            messages.success(request, f"{host.name} {what}.")
        return redirect("jobs:hosts")
    context = {
        "section": "jobs",
        "lines": queries.host_rows(member_of(request), present=hosts.present_ids()),
        "may_drain": member_of(request).is_admin,
    }
    return render(request, "jobs/hosts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def halt_page(request: HttpRequest) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _halt_or_resume(request)
            return redirect("jobs:halt")
        except Refusal as refusal:
            errors = refusal.errors
    context = {
        "section": "settings",
        "halt": halt.current_halt(),
        "errors": errors,
        "reason": request.POST.get("reason", ""),
        "may_halt": member_of(request).is_admin,
    }
    return render(request, "jobs/halt.html", context, status=422 if errors else 200)


def _halt_or_resume(request: HttpRequest) -> None:
    if request.POST.get("verb") == "resume":
        halt.resume(by=member_of(request))
        messages.success(request, "Outgoing traffic is resumed; waiting work continues within seconds.")
        return
    halt.halt(by=member_of(request), reason=request.POST.get("reason", ""))


@require_safe
def job_events(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    job = queries.get(member_of(request), job_id)
    seq = stream.last_event_id(request.headers, request.GET)
    return _streamed(request, stream.stream_job(job.pk, seq, _withheld(request, [job.pk])))


@require_safe
def events_of_jobs(request: HttpRequest) -> HttpResponseBase:
    positions = stream.parse_positions(request.GET.getlist("job"))
    seen = queries.seen_positions(member_of(request), positions)
    return _streamed(request, stream.stream_jobs(seen, _withheld(request, seen)))


def _withheld(request: HttpRequest, job_ids: Collection[UUID]) -> Mapping[UUID, Collection[str]]:
    return registry.withheld_names(member_of(request), job_ids)


def _streamed(request: HttpRequest, events: AsyncGenerator[bytes]) -> HttpResponseBase:
    try:
        return stream.response(events, request=request, viewer=member_of(request).pk)
    except Refusal as refusal:
        return HttpResponse(f"{refusal.message} {refusal.hint}", status=refusal.status, content_type="text/plain")


def _back(request: HttpRequest, job_id: UUID) -> str:
    return safe_next_path(request.POST.get("next", ""), otherwise=reverse("jobs:detail", args=[job_id]))
