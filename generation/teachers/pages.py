"""Pages of teachers: the list with prices and keys, add, edit, and how a real one is connected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.money import prices
from generation.money.prices import require_admin
from generation.states import Answers, Provider
from generation.teachers import edit as teachers_edit
from generation.teachers import presets as teacher_presets
from generation.teachers import queries as selectors
from generation.teachers.edit import NewTeacher
from generation.teachers.offered_models import models_of
from jobs.secrets import store
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require, tasks_for
from web.errors import Refusal
from web.http.form_errors import submit
from web.strict_json import StorableJSONDecoder
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from generation.models import Teacher
    from generation.teachers.presets import Preset
    from review.models import Task


@require_safe
def teacher_list(request: HttpRequest) -> HttpResponse:
    lines = selectors.lines(member_of(request))
    context = {
        "section": "generation",
        "lines": lines,
        "teachers_listed": [line.teacher for line in lines],
        "presets": _presets(request),
        "is_local_open": settings.SERVES_THIS_MACHINE_ALONE,
        "for_task": _task_waiting(request),
    }
    return render(request, "generation/teachers.html", context)


@sensitive_post_parameters("key", "secret_ref")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_teacher(request: HttpRequest, slug: str = "") -> HttpResponse:
    require_admin(member_of(request))
    # Asked before anything is typed: the key is typed here, and that waits in no session.
    require_recent(request, keep=False)
    teacher = selectors.teacher_or_404(member_of(request), slug) if slug else None
    presets = _presets(request)
    preset = None if teacher else teacher_presets.preset_of(request.GET.get("provider", ""), presets)
    initial = teacher_initial(teacher) if teacher else preset.initial if preset else {}
    form = TeacherForm(request.POST or None, initial=initial, is_new=teacher is None)
    if preset:
        form.fields["model"].help_text = preset.model_help
    if request.method == "POST":
        write = partial(teachers_edit.change, teacher) if teacher else teachers_edit.create
        saved, _ = submit(
            form, lambda _: write(form.new_teacher(teacher.slug if teacher else ""), by=member_of(request))
        )
        if "secret_ref" in form.errors:
            form.forget_secret()
        if saved:
            messages.success(request, f"{saved.name} is saved.")
            if task := _task_waiting(request):
                query = urlencode({"teacher": saved.slug})
                return redirect(f"{reverse('generation:list', args=[task.slug])}?{query}")
            return redirect("generation:teachers")
    context = {
        "section": "generation",
        "form": form,
        "teacher": teacher,
        "line": selectors.line_of(teacher, None) if teacher else None,
        "presets": presets,
        "preset": preset,
        "is_local_open": settings.SERVES_THIS_MACHINE_ALONE,
        "for_task": _task_waiting(request),
    }
    return render(request, "generation/teacher.html", context, status=400 if form.errors else 200)


def _presets(request: HttpRequest) -> list[Preset]:
    # The port of the socket, whatever name and port a proxy shows to others.
    return teacher_presets.offered(whole_number(str(request.META["SERVER_PORT"]), otherwise=0))


def _task_waiting(request: HttpRequest) -> Task | None:
    """Task whose order sent its lead here for a teacher, and to which the new one leads back."""
    return tasks_for(member_of(request)).filter(slug=request.GET.get("task", "")).first()


@sensitive_post_parameters("key", "secret_ref")
@require_POST
def offered_models(request: HttpRequest) -> HttpResponse:
    """Names of the models that the provider offers, or the reason why there are none; a part of the form's page."""
    member = member_of(request)
    require_admin(member)
    sent, context = request.POST, dict[str, object]()
    teacher = selectors.visible(member).filter(slug=sent.get("teacher", "")).first()
    try:
        offered = models_of(
            sent.get("provider", ""),
            sent.get("base_url", ""),
            key=sent.get("key", ""),
            secret_ref=sent.get("secret_ref", ""),
            teacher_id=teacher.pk if teacher else None,
        )
        prices.keep_shutdown_dates(sent.get("provider", ""), offered.shutdown_dates, by=member)
        context |= {"models": offered.names, "shutdowns": offered.shutdown_dates}
    except Refusal as refusal:
        context["refusal"] = refusal
    return render(request, "generation/_models.html", context)


def teacher_price_part(
    request: HttpRequest, template: str, task: Task, quoted: Callable[[Teacher], dict[str, Any]]
) -> HttpResponse:
    """Price of asking the chosen teacher, or the reason why it cannot be asked; a part of a form's page."""
    member = member_of(request)
    require(member, task, Role.LEAD)
    context: dict[str, Any] = {"task": task}
    try:
        if chosen := (request.POST or request.GET).get("teacher", ""):
            context |= quoted(selectors.teacher_or_404(member, chosen))
    except Refusal as refusal:
        context["no_quote"] = refusal
    return render(request, template, context)


@require_POST
def remove_key(request: HttpRequest, slug: str) -> HttpResponse:
    require_admin(member_of(request))
    require_recent(request)
    teacher = selectors.teacher_or_404(member_of(request), slug)
    had_key = teachers_edit.remove_key(teacher, by=member_of(request))
    messages.success(
        request, f"The key of {teacher.name} is removed." if had_key else f"No key of {teacher.name} is stored."
    )
    return redirect("generation:teachers")


class TeacherForm(forms.Form):
    """A teacher. Its key is typed here once and never shown again, or the variable that holds it is named."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        help_text="Shown on pages, such as GPT-4o, careful. Empty: the model's own.",
    )
    slug = forms.SlugField(
        label="Short name",
        max_length=60,
        required=False,
        help_text="For addresses and the API; cannot change later. Empty: made from the name.",
    )
    provider = forms.ChoiceField(label="Provider", choices=Provider.choices)
    model = forms.CharField(
        label="Model",
        max_length=120,
        help_text="Exactly as the provider names it.",
        widget=forms.TextInput(attrs={"list": "model-names", "autocomplete": "off"}),
    )
    base_url = forms.CharField(
        label="Base URL",
        required=False,
        max_length=300,
        help_text="For a server of your own, such as http://gpu-1:8000/v1. "
        "Private hosts must be listed in ALLOWED_PRIVATE_HOSTS, except this machine if only it can reach this site.",
    )
    key = forms.CharField(
        label="Key",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As the provider gave it to you. Stored encrypted, sent to this address only, never shown again.",
    )
    secret_ref = forms.CharField(
        label="Or the environment variable with the key",
        required=False,
        max_length=64,
        help_text="The name, not the key, where keys stay out of the database. With neither: OPENAI_API_KEY or "
        "ANTHROPIC_API_KEY by provider, none for your own server. Such a key goes only to the hosts it is allowed "
        "for (ALLOWED_SECRETS).",
    )
    parameters = forms.JSONField(
        label="Parameters",
        required=False,
        initial=dict,
        decoder=StorableJSONDecoder,
        error_messages={"invalid": 'Write a JSON object, such as {"temperature": 0.8, "max_tokens": 800}.'},
        help_text='JSON, sent with each call, such as {"temperature": 0.8, "max_tokens": 800}. '
        'The offline teacher knows {"defect_rate": 0.25, "pause_s": 0.5}.',
    )
    answers = forms.ChoiceField(
        label="Answer format",
        choices=Answers.choices,
        initial=Answers.AUTO,
        required=False,
        help_text="By a schema, a model cannot leave a field out; an answer that breaks a length is sent back once. "
        "A server of your own gets text unless you choose JSON.",
    )
    concurrency = forms.IntegerField(label="Calls at once", min_value=1, max_value=512, initial=16)
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["slug"]

    def clean(self) -> dict[str, Any]:
        """Name a teacher without a name after its model."""
        cleaned = super().clean() or {}
        cleaned["name"] = cleaned.get("name") or cleaned.get("model", "")
        return cleaned

    def forget_secret(self) -> None:
        """Take what was typed as the key's name off the form: it may be the key."""
        self.data = {name: self.data.get(name) for name in self.data} | {"secret_ref": ""}

    def new_teacher(self, slug: str = "") -> NewTeacher:
        chosen = dict(self.cleaned_data)
        chosen["answers"] = chosen["answers"] or Answers.AUTO
        chosen["parameters"] = {} if chosen["parameters"] is None else chosen["parameters"]
        return NewTeacher(**{"slug": slug, **chosen})


def teacher_initial(teacher: Teacher) -> dict[str, Any]:
    names = ("name", "provider", "model", "base_url", "secret_ref", "parameters", "answers", "concurrency", "is_active")
    initial = {name: getattr(teacher, name) for name in names}
    # What a stored key is called is the product's own affair.
    return initial | ({"secret_ref": ""} if store.is_stored(teacher.secret_ref) else {})
