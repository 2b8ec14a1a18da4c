"""Pages of webhooks, under Settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import submit
from webhooks.deliveries import deliver
from webhooks.endpoints import edit, ports, queries
from webhooks.states import EVENTS

if TYPE_CHECKING:
    from webhooks.models import Hook

ALL_TASKS = ("", "All tasks")


class HookForm(forms.Form):
    name = forms.CharField(label="What it is for", max_length=80, help_text="Such as: start nightly training.")
    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="Called by POST. Addresses in private networks must be listed in ALLOWED_PRIVATE_HOSTS.",
    )
    events = forms.MultipleChoiceField(
        label="Call it when", choices=tuple(EVENTS.items()), widget=forms.CheckboxSelectMultiple
    )


class NewHookForm(HookForm):
    field_order = ("name", "url", "task", "events")

    task = forms.ChoiceField(label="Of", required=False)

    def __init__(self, *args: Any, tasks: list[tuple[str, str]], may_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "task", [*([ALL_TASKS] if may_all else []), *tasks])


class ReplayForm(forms.Form):
    since = forms.DateTimeField(
        label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    until = forms.DateTimeField(
        label="To",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Empty: until now.",
    )


SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    visible = queries.visible_hooks(member)
    empty = partial(NewHookForm, tasks=ports.led_tasks(member), may_all=member.is_admin)
    form, made = empty(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        made, _ = submit(form, lambda values: edit.create(task_slug=values.pop("task"), by=member, **values))
        form = empty() if made else form
    context = _page(hooks=visible, form=form, made=made)
    return render(request, "webhooks/index.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    member = member_of(request)
    hook = queries.hook_or_404(member, hook_id)
    form = HookForm(request.POST or None, initial={"name": hook.name, "url": hook.url, "events": hook.events})
    if request.method == "POST" and form.is_valid():
        changed, _ = submit(form, lambda values: edit.change(hook, by=member, **values))
        if changed:
            messages.success(request, "The webhook is changed.")
            return redirect("webhooks:detail", hook_id=hook.pk)
    return _detail(request, hook, form, status=422 if form.errors else 200)


@require_POST
def act(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    member, name = member_of(request), request.POST.get("act", "")
    hook = queries.hook_or_404(member, hook_id)
    if name == "secret":
        secret = edit.renew_secret(hook, by=member)
        return _detail(request, hook, _form(hook), secret=secret)
    if name == "replay" and not request.POST.get("event"):
        return _replay_range(request, hook)
    if name == "remove":
        edit.remove(hook, by=member)
        messages.success(request, f"The webhook '{hook.name}' is removed and no longer called.")
        return redirect("webhooks:index")
    try:
        messages.success(request, _ACTS[name](request, hook))
    except KeyError:
        messages.error(request, "There is no such act.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("webhooks:detail", hook_id=hook.pk)


def _pause(request: HttpRequest, hook: Hook) -> str:
    edit.pause(hook, by=member_of(request))
    return "The webhook is paused. What happens meanwhile is kept and can be replayed."


def _resume(request: HttpRequest, hook: Hook) -> str:
    since = hook.paused_at
    edit.resume(hook, by=member_of(request))
    missed = f" To send what happened meanwhile, replay from {localtime(since):%Y-%m-%d %H:%M}." if since else ""
    return f"The webhook is called again.{missed}"


def _test(request: HttpRequest, hook: Hook) -> str:
    edit.test(hook, by=member_of(request))
    return "A test is on its way; it shows below within seconds."


def _replay(request: HttpRequest, hook: Hook) -> str:
    deliver.replay_event(hook, _uuid(request.POST["event"]))
    return "The event is on its way again."


def _replay_range(request: HttpRequest, hook: Hook) -> HttpResponse:
    form = ReplayForm(request.POST)
    count, status = submit(form, lambda chosen: deliver.replay_range(hook, **chosen))
    if count is None:
        return _detail(request, hook, _form(hook), replay=form, status=status)
    events = "1 event of that time is" if count == 1 else f"{count} events of that time are"
    messages.success(request, f"{events} on the way again.")
    return redirect("webhooks:detail", hook_id=hook.pk)


_ACTS: dict[str, Callable[[HttpRequest, Hook], str]] = {
    "pause": _pause,
    "resume": _resume,
    "test": _test,
    "replay": _replay,
}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("no_event", "The log has no such event for this webhook.", status=404) from None


def _form(hook: Hook) -> HookForm:
    return HookForm(initial={"name": hook.name, "url": hook.url, "events": hook.events})


def _detail(
    request: HttpRequest,
    hook: Hook,
    form: HookForm,
    *,
    replay: ReplayForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    replay = replay or ReplayForm(initial={"since": hook.paused_at or hook.created_at})
    context = _page(hook=hook, form=form, replay=replay, secret=secret, deliveries=queries.deliveries_of(hook)[:SHOWN])
    return render(request, "webhooks/detail.html", context, status=status)


def _page(**context: Any) -> dict[str, Any]:
    return {"section": "settings", "tab": "webhooks", **context}
