"""Pages of sources: the list, one source with its records, the steps of an import, and sample files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.session import member_of
from review.sources import queries, split_advice
from review.sources.claim_records import make as make_claims
from review.sources.forms import (
    DetailsForm,
    ReadingForm,
    UploadForm,
    defaults_from,
    mapping_rows,
    offer,
    shares_of,
    unfilled,
)
from review.sources.imports import (
    ColumnMapping,
    ImportChoices,
    import_drafts,
    import_records,
    read_preview,
    removal,
    target_fields,
    uploads,
)
from review.sources.imports.verdicts import read_judged_preview
from review.sources.judge_records import make as make_judges
from review.sources.samples import COMPANIES
from review.spec.output_format import is_mail
from review.spec.task_spec import TaskSpec
from review.states import Role, SourceKind, Split
from review.tasks import waiting_rows
from review.tasks.permissions import may, require, task_or_404
from review.tasks.queries import latest_version
from web.errors import Refusal

if TYPE_CHECKING:
    from review.models import Task

_WHAT: dict[str, str] = {SourceKind.DRAFTS: "draft", SourceKind.DECISIONS: "verdict"}
WHOLE_NUMBER = 10


def import_summary(added: int, duplicates: int, bad: int, kind: str) -> str:
    """Return the result of an import in one line: `503 records added, 2 known already.`."""
    what = _WHAT.get(kind, "record")
    parts = [f"{added:,} {what}{'' if added == 1 else 's'} added" if added else "Nothing new"]
    if duplicates:
        parts.append(f"{duplicates:,} known already")
    if bad:
        parts.append(f"{bad:,} bad row{'' if bad == 1 else 's'} left out")
    return ", ".join(parts) + "."


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    counted = queries.record_counts(task)
    context = {
        "task": task,
        "section": "sources",
        "sources": queries.visible_sources(member_of(request), task=task),
        "counts": counted.value,
        "counted_at": counted.at,
        "may_lead": may(member_of(request), task, Role.LEAD),
        "claims_of": queries.tasks_with_claims(member_of(request), into=task),
    }
    return render(request, "review/sources/index.html", context)


@require_POST
def claims(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    into = task_or_404(member, slug, least=Role.LEAD)
    of, _, reason = request.POST.get("of", "").partition(":")
    try:
        made = make_claims.make(task_or_404(member, of), into=into, by=member, reasons=(reason,))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
        return redirect("review:sources", slug)
    text = (
        f"{made.supported + made.unsupported:,} claims added: {made.supported:,} supported, {made.unsupported:,} not. "
        f"{made.known:,} known already, {made.left_out:,} left out."
    )
    if made.unplaced:
        text += f" {made.unplaced:,} drafts rejected for a wrong fact do not mark the wrong sentence."
    messages.success(request, text)
    return redirect("review:sources", slug)


@require_POST
def judge(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    try:
        made = make_judges.make(task, by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
        return redirect("review:sources", slug)
    text = f"{made.good + made.bad:,} judged drafts added: {made.good:,} good, {made.bad:,} bad. "
    text += f"{made.known:,} known already, {made.left_out:,} left out."
    if made.remaining:
        text += f" {made.remaining:,} more wait: train it once more to add them."
    messages.success(request, f"{text} Freeze a dataset of this task, tune a student on it and promote the miniature.")
    return redirect("review:sources", made.task.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    source, refusal = queries.source_or_404(member_of(request), pk), None
    if request.method == "POST":
        try:
            gone = removal.take_back(pk, by=member_of(request))
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, f"'{source.name}' is taken back{gone.in_words()}.")
            return redirect("review:sources", source.task.slug)
    split, text = request.GET.get("split", ""), request.GET.get("q", "").strip()
    after, before = (_number(request.GET.get(end)) for end in ("after", "before"))
    page = queries.record_page(source, split=split, text=text, after=after, before=before)
    context = {
        "task": source.task,
        "section": "sources",
        "source": source,
        "page": page,
        "fields": latest_version(source.task).spec.input_schema,
        "counts": queries.split_counts(source),
        "split": split,
        "splits": Split.choices,
        "q": text,
        "may_lead": may(member_of(request), source.task, Role.LEAD),
        "refusal": refusal,
    }
    return render(request, "review/sources/detail.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form, refusal = UploadForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        name = ""
        try:
            name = uploads.keep_upload(file.chunks())
            return redirect(_next_step(task.slug, latest_version(task).spec, name, form.cleaned_data))
        except Refusal as error:
            uploads.drop_upload(name)
            refusal = error
    spec = latest_version(task).spec
    context = {
        "task": task,
        "section": "sources",
        "form": form,
        "refusal": refusal,
        "spec": spec,
        "sample": COMPANIES if is_mail(spec) else None,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "review/sources/upload.html", context, status=status)


def _next_step(slug: str, spec: TaskSpec, name: str, chosen: dict[str, Any]) -> str:
    path, kind, choices = uploads.path_of(name), chosen["kind"], ImportChoices(encoding=chosen["encoding"])
    query = {"kind": kind, "filename": chosen["file"].name} | (
        {"encoding": choices.encoding} if choices.encoding else {}
    )
    if kind == SourceKind.DECISIONS:
        read_judged_preview(path, spec=spec, choices=choices)
        return f"{reverse('review:import-judged', args=[slug, name])}?{urlencode(query)}"
    read_preview(path, spec=spec, kind=SourceKind(kind), choices=choices)
    return f"{reverse('review:import-columns', args=[slug, name])}?{urlencode(query)}"


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    kind = SourceKind.DRAFTS if request.GET.get("kind") == SourceKind.DRAFTS else SourceKind.RECORDS
    filename = request.GET.get("filename", "")
    refusal, is_post = None, request.method == "POST"
    try:
        path = uploads.path_of(name)
    except Refusal as gone:
        messages.error(request, f"{gone.message} {gone.hint}")
        return redirect("review:import", task.slug)
    form = DetailsForm(request.POST or None, initial={"name": filename.rsplit(".", 1)[0]})
    reading = ReadingForm(request.POST or shares_of(task) | request.GET.dict())
    spec, choices, defaults = latest_version(task).spec, reading.choices(), defaults_from(request.POST.dict())
    mapping_so_far = None if is_post else _said_of(task, spec, name, kind)
    try:
        preview = read_preview(
            path, spec=spec, kind=kind, mapping=mapping_so_far, choices=choices, task=None if is_post else task
        )
    except Refusal as unread:
        refusal, choices = unread, ImportChoices()
        preview = read_preview(path, spec=spec, kind=kind)
    if is_post and refusal is None:
        mapping = reading.mapping(request.POST.dict(), preview)
        preview = read_preview(
            path, spec=spec, kind=kind, mapping=mapping, defaults=defaults, choices=choices, task=task
        )
        if request.POST.get("do") == "import" and form.is_valid() and reading.is_valid():
            take = import_drafts if kind == SourceKind.DRAFTS else import_records
            try:
                result = take(
                    task,
                    path,
                    by=member_of(request),
                    filename=filename,
                    mapping=mapping,
                    defaults=defaults,
                    choices=choices,
                    **form.cleaned_data,
                )
            except Refusal as error:
                refusal = error
            else:
                waiting_rows.release(task, name)
                uploads.drop_upload(name)
                messages.success(request, import_summary(result.rows_added, result.rows_known, result.rows_bad, kind))
                return redirect("review:source", result.source.pk)
    context = {
        "task": task,
        "section": "sources",
        "kind": kind,
        "filename": filename,
        "spec": spec,
        "file": preview,
        "shortage": preview.plan and split_advice.of_plan(spec, preview.plan),
        "rows": mapping_rows(preview),
        "unfilled": unfilled(preview, defaults),
        "offer": offer(preview.rows_total - preview.rows_bad - preview.rows_known, preview.rows_bad, refusal),
        "reading": reading,
        "form": form,
        "refusal": refusal,
    }
    return render(request, "review/sources/columns.html", context, status=refusal.status if refusal else 200)


def _said_of(task: Task, spec: TaskSpec, name: str, kind: SourceKind) -> ColumnMapping | None:
    """Return the column mapping chosen when the task was made of these rows, less fields since removed."""
    waiting = waiting_rows.of_task(task)
    if waiting is None or waiting.mapping is None or (waiting.upload, waiting.kind) != (name, kind):
        return None
    there = {target.name for target in target_fields(spec, kind)}
    return {column: field for column, field in waiting.mapping.items() if field in there}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= WHOLE_NUMBER else 0


@require_http_methods(["GET", "HEAD", "POST"])
def sample(request: HttpRequest, slug: str) -> HttpResponseBase:
    member = member_of(request)
    task = task_or_404(member, slug)
    if request.method != "POST":
        return FileResponse(COMPANIES.path.open("rb"), as_attachment=True, filename=COMPANIES.filename)
    require(member, task, Role.LEAD)
    try:
        result = import_records(
            task,
            COMPANIES.path,
            by=member,
            filename=COMPANIES.filename,
            name=COMPANIES.name,
            provenance=COMPANIES.provenance,
        )
    except Refusal as refusal:
        return _match_by_hand(request, slug, refusal)
    messages.success(request, import_summary(result.rows_added, result.rows_known, result.rows_bad, SourceKind.RECORDS))
    return redirect("review:source", result.source.pk)


def _match_by_hand(request: HttpRequest, slug: str, refusal: Refusal) -> HttpResponse:
    """A task with facts of its own cannot guess what the columns are for; its lead can say so on the next page."""
    messages.warning(request, f"{refusal.message} Choose a column for each fact.")
    with COMPANIES.path.open("rb") as file:
        name = uploads.keep_upload(iter(lambda: file.read(2**16), b""))
    query = urlencode({"kind": SourceKind.RECORDS.value, "filename": COMPANIES.filename})
    return redirect(f"{reverse('review:import-columns', args=[slug, name])}?{query}")
