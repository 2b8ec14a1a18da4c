"""Settings pages of API tokens."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens import issue
from members.tokens.forms import TokenForm
from members.tokens.scopes import explained
from web.http.form_errors import submit


@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    form = TokenForm(request.POST or None, is_admin=member.is_admin)
    made = None
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        made, _ = submit(form, lambda values: issue.make_token(member, **values))
        form = TokenForm(is_admin=member.is_admin) if made else form
    context = {
        "section": "settings",
        "tab": "tokens",
        "form": form,
        "made": made,
        "tokens": issue.tokens_of(member),
        "now": timezone.now(),
        "scopes": explained(),
        "limits": settings.RATE_LIMITS,
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "settings/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def token_revoke(request: HttpRequest, key: str) -> HttpResponse:
    token = issue.token_or_404(member_of(request), key)
    issue.revoke(token)
    messages.success(request, f"The token '{token.name}' is revoked; requests with it are refused from now on.")
    return redirect("members:tokens")
