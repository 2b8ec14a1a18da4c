"""Pages that make a task from a log: the files, what was found in them, and the task that is proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.sources.imports import uploads
from review.sources.imports.logs.proposal import LogFindings, Proposal, find_tasks
from review.sources.imports.logs.reading import read_log, shapes_in
from review.sources.imports.logs.slot_names import field_name
from review.sources.imports.logs.template import Template
from review.sources.imports.preview import short
from review.sources.imports.tables import open_table
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from review.tasks import authoring, waiting_rows
from review.tasks.permissions import require_may_create
from web.errors import Refusal
from web.http.form_errors import add_refusal

# Rows that templates are sought in; the import reads them all.
MOST_ROWS = 2_000
_SHOWN = 20
SLOT = "slot."


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    def clean(self, data: object, initial: object = None) -> list[Any]:
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(_FilesField, self).clean(file, initial) for file in files or [None]]


class LogFilesForm(forms.Form):
    file = _FilesField(
        label="Log",
        widget=_Files(attrs={"multiple": True}),
        help_text="JSONL or a JSON array, at most 64 MiB. Of a batch choose both files, requests and results.",
        allow_empty_file=True,
    )


class LogTaskForm(forms.Form):
    proposal = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)
    name = forms.CharField(max_length=authoring.NAME_CHARS, label="Name", help_text="The task's name for people.")
    slug = forms.CharField(
        max_length=authoring.SLUG_CHARS,
        label="Address",
        required=False,
        help_text="Made from the name when left empty.",
    )

    def __init__(self, *args: Any, count: int, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = self.fields["proposal"]
        assert isinstance(choices, forms.TypedChoiceField)
        choices.choices = [(str(index), f"Template {index + 1}") for index in range(count)]


def chunks_of(files: list[Any]) -> Iterator[bytes]:
    """The bytes of files one behind the other, each beginning on a line of its own."""
    for place, file in enumerate(files):
        if place:
            yield b"\n"
        yield from file.chunks()


def renamed(proposal: Proposal, data: Mapping[str, str], index: int) -> TaskSpec:
    """The proposed version with its inputs called as the form says.

    Raises:
        Refusal: `invalid`, two inputs would have one name, or a name has no letter.
    """
    names: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field in proposal.spec.input_schema:
        typed_name = data.get(f"{SLOT}{index}.{field.name}", field.name)
        name = field_name(typed_name)
        if not name:
            errors[field.name] = [f"'{typed_name}' is not a valid name: begin with a letter."]
        elif name in names.values():
            errors[field.name] = [f"Two inputs would be called '{name}'."]
        names[field.name] = name
    if errors:
        raise Refusal(
            "invalid", "The names of the inputs have mistakes.", hint="Use letters, digits and _.", errors=errors
        )

    def called(template: str) -> str:
        return re.sub(r"\{\{fact\.(\w+)\}\}", lambda match: f"{{{{fact.{names[match[1]]}}}}}", template)

    body = proposal.spec.canonical()
    body["input_schema"] = [{**field, "name": names[field["name"]]} for field in body["input_schema"]]
    body["teacher_template"] = called(body["teacher_template"])
    body["student_template"] = called(body["student_template"])
    return authoring.parse_spec(body)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    require_may_create(member_of(request))
    form, refusal = LogFilesForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["file"]
        name = ""
        try:
            name = uploads.keep_upload(chunks_of(files))
            _shapes(uploads.path_of(name))
            query = urlencode({"filename": files[0].name or ""})
            return redirect(f"{reverse('review:from-log-found', args=[name])}?{query}")
        except Refusal as error:
            uploads.drop_upload(name)
            refusal = error
    context = {"section": "task", "form": form, "refusal": refusal}
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "review/sources/from_log.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, name: str) -> HttpResponse:
    require_may_create(member_of(request))
    filename = request.GET.get("filename", "")
    try:
        path = uploads.path_of(name)
        shapes = _shapes(path)
        findings = find_tasks(list(islice(read_log(open_table(path)), MOST_ROWS)))
    except Refusal as gone:
        messages.error(request, f"{gone.message} {gone.hint}")
        return redirect("review:from-log")
    form = LogTaskForm(
        request.POST or None, count=len(findings.proposals), initial={"proposal": 0, "name": filename.rsplit(".", 1)[0]}
    )
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _make(request, findings, form.cleaned_data, name, filename)
        except Refusal as error:
            add_refusal(form, error)
            refusal = error
    context = {
        "section": "task",
        "form": form,
        "refusal": refusal,
        "filename": filename,
        "shapes": shapes,
        "found": findings,
        "proposals": [_shown(request, index, each) for index, each in enumerate(findings.proposals)],
        "chosen": str(form["proposal"].value()),
        "problems": findings.problems[:_SHOWN],
        "unlike": findings.unlike[:_SHOWN],
        "most": MOST_ROWS,
    }
    return render(request, "review/sources/from_log_found.html", context, status=400 if form.errors else 200)


def _make(
    request: HttpRequest, findings: LogFindings, chosen: dict[str, Any], name: str, filename: str
) -> HttpResponse:
    index = chosen["proposal"]
    task = authoring.create(
        name=chosen["name"],
        slug=chosen["slug"] or slugify(chosen["name"])[: authoring.SLUG_CHARS].strip("-"),
        spec=renamed(findings.proposals[index], request.POST.dict(), index),
        by=member_of(request),
        note=f"From the log “{filename or name[:8]}”"[:200],
    )
    messages.success(request, f"{task.name} is created. Check it and change what does not fit.")
    waiting = waiting_rows.WaitingRows(name, SourceKind.DRAFTS, filename)
    waiting_rows.hold(task, waiting)
    if request.POST.get("do") == "import":
        return redirect(waiting.address(task))
    return redirect("review:edit", task.slug)


def _shapes(path: Path) -> list[str]:
    table = open_table(path)
    shapes = shapes_in(table)
    if not shapes:
        raise Refusal(
            "no_log",
            "The first rows of this file are not calls of a model.",
            hint="Import rows of facts under Sources. The documentation lists the supported logs.",
        )
    return shapes


def _shown(request: HttpRequest, index: int, proposal: Proposal) -> dict[str, Any]:
    return {
        "index": str(index),
        "proposal": proposal,
        "parts": [_pieces(part) for part in proposal.parts],
        "inputs": [
            {
                "key": f"{SLOT}{index}.{field.name}",
                "field": field,
                "name": request.POST.get(f"{SLOT}{index}.{field.name}", field.name),
                "examples": [short(value) for value in proposal.examples.get(field.name, ())],
            }
            for field in proposal.spec.input_schema
        ],
        "answers": sum(1 for _ in proposal.rows),
    }


def _pieces(template: Template) -> list[dict[str, str]]:
    pieces = [{"text": template.constants[0], "slot": ""}]
    for slot, constant in zip(template.slots, template.constants[1:], strict=True):
        pieces += [{"text": "", "slot": slot}, {"text": constant, "slot": ""}]
    return pieces
