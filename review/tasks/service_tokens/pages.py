"""The page of a task's service tokens."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens.forms import DAYS
from members.tokens.scopes import SERVICE_SCOPES
from review.tasks.permissions import task_or_404
from review.tasks.service_tokens import issue, queries
from review.tasks.service_tokens.issue import NAME_CHARS
from web.http.form_errors import submit


class ServiceTokenForm(forms.Form):
    name = forms.CharField(label="Which program", max_length=NAME_CHARS, help_text="Such as: nightly export.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=tuple(SERVICE_SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["read", "datasets"],
    )
    days = forms.TypedChoiceField(label="Expires after", choices=DAYS, coerce=int, initial=90)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    lead = member_of(request)
    task = task_or_404(lead, slug)
    form = ServiceTokenForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        made, _ = submit(form, lambda values: issue.make(task, by=lead, **values))
        form = ServiceTokenForm() if made else form
    context = {
        "task": task,
        "section": "task",
        "form": form,
        "made": made,
        "tokens": queries.tokens_of(lead, task),
        "now": timezone.now(),
        "soon": timezone.now() + queries.SOON,
    }
    return render(request, "review/tasks/service_tokens.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    lead = member_of(request)
    task = task_or_404(lead, slug)
    token = queries.token_or_404(lead, task, key)
    issue.revoke(token, task, by=lead)
    messages.success(request, f"The token '{token.name}' is revoked; requests with it are refused from now on.")
    return redirect("review:service-tokens", slug)
