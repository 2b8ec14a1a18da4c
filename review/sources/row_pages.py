"""Pages that make a task from twenty rows of one's own: the rows, what they hold, and the task with its first cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods
from pydantic import ValidationError

from members.session import member_of
from review.models import Task
from review.sources import split_advice
from review.sources.forms import ReadingForm
from review.sources.imports import (
    ImportChoices,
    ImportPreview,
    import_drafts,
    import_records,
    read_preview,
    uploads,
)
from review.sources.imports.annotated import open_export
from review.sources.imports.choices import AS_FOUND
from review.sources.imports.logs.reading import shapes_in
from review.sources.imports.notation import FoundNotation
from review.sources.imports.own_rows import pasted
from review.sources.imports.own_rows.column_uses import ANSWER, FACT, SPLIT, Column
from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.own_rows.proposal import grouping_of, mapping_of, noun_of, propose
from review.sources.imports.preview import FileForm
from review.sources.imports.tables import Table
from review.sources.imports.tables.text_encoding import encoding_of
from review.sources.row_forms import USES, OwnTaskForm, RowsForm, column_lines, columns_from
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from review.tasks import authoring, waiting_rows
from review.tasks.permissions import require_may_create
from web.errors import Refusal
from web.http.form_errors import add_refusal

_TEXT_FILES = frozenset({".txt", ".md", ".tsv"})
JUDGE, TEACHER = "judge", "teacher"


@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    require_may_create(member_of(request))
    form, refusal = RowsForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_found(form.cleaned_data))
        except Refusal as error:
            refusal = error
    context = {"section": "task", "form": form, "refusal": refusal}
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "review/sources/own_rows.html", context, status=status)


def _found(chosen: dict[str, Any]) -> str:
    """Store the rows brought and return the address of their page; model calls are a log, with its own page."""
    file, name, wording = chosen["file"], "", ""
    try:
        name, wording = _kept(file) if file else _pasted(chosen["rows"], chosen["form"])
        table = open_export(uploads.path_of(name))
        columns_of(table)
    except Refusal:
        uploads.drop_upload(name)
        raise
    page = "review:from-log-found" if shapes_in(table) else "review:own-rows-found"
    query = urlencode(({"filename": file.name} if file else {}) | ({"instruction": wording} if wording else {}))
    return f"{reverse(page, args=[name])}{'?' if query else ''}{query}"


def _pasted(text: str, form: str = "") -> tuple[str, str]:
    """The name of a paste among the uploads, and the instruction that its prompts repeat."""
    brought = pasted.read(text, form)
    return uploads.keep_upload([brought.file]), brought.wording


def _kept(file: UploadedFile[Any]) -> tuple[str, str]:
    """The same of a file; plain text becomes rows as if it had been pasted."""
    name = uploads.keep_upload(file.chunks())
    if Path(file.name or "").suffix.lower() not in _TEXT_FILES:
        return name, ""
    path = uploads.path_of(name)
    if path.stat().st_size == 0:
        raise Refusal("file_empty", "The file is empty.", hint="Choose a file with about twenty rows.")
    text = path.read_text(encoding=encoding_of(path).codec)
    uploads.drop_upload(name)
    return _pasted(text)


@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, name: str) -> HttpResponse:
    require_may_create(member_of(request))
    filename = request.GET.get("filename", "")
    try:
        path = uploads.path_of(name)
    except Refusal as gone:
        if made := Task.objects.filter(seed=_seed(name)).first():
            return redirect("review:task", made.slug)
        messages.error(request, f"{gone.message} {gone.hint}")
        return redirect("review:own-rows")
    refusal, spec = None, None
    reading = ReadingForm(request.POST or request.GET)
    choices = replace(reading.choices(), left_out=None)
    try:
        table, columns = _read(path, choices)
    except Refusal as unread:
        refusal, choices = unread, AS_FOUND
        table, columns = _read(path, choices)
    # What was said of the columns is of the file as it was read then.
    how = FileForm.of(table, FoundNotation())
    is_anew = request.POST.get("read_as", how.signature) != how.signature
    said = {} if is_anew else request.POST.dict()
    wording = request.GET.get("instruction", "")[: pasted.MOST_WORDING_CHARS]
    form = OwnTaskForm(request.POST or None, initial=_initial(filename) | {"instruction": wording})
    try:
        columns = columns_from(said, columns)
        spec = _proposed(columns, form, grouped_by=said.get("group"))
        if said.get("do", "look") != "look" and form.is_valid() and not refusal:
            task = _make(request, spec, form.cleaned_data, filename, seed=_seed(name))
            return _begin(request, task, spec, path, columns, filename, choices)
    except Refusal as error:
        refusal = error
        add_refusal(form, error) if form.is_bound and set(error.errors) & set(form.fields) else None
    preview = _previewed(path, columns, spec, _seed(name), choices)
    context = {
        "section": "task",
        "form": _shown(form, spec),
        "refusal": refusal if refusal and not set(refusal.errors) & set(form.fields) else None,
        "filename": filename,
        "lines": column_lines(columns, refusal.errors if refusal else {}),
        "uses": USES.items(),
        "spec": spec,
        "count": sum(1 for _ in table.rows()),
        "has_answers": any(column.use == ANSWER for column in columns),
        "facts": [column.field for column in columns if column.use == FACT],
        "grouping": grouping_of(spec) if spec else "",
        "reading": reading,
        "how": preview.form if preview else how,
        "plan": preview and preview.plan,
        "shortage": preview and spec and preview.plan and split_advice.of_plan(spec, preview.plan),
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "review/sources/own_rows_found.html", context, status=status)


def _read(path: Path, choices: ImportChoices) -> tuple[Table, tuple[Column, ...]]:
    table = open_export(path, **choices.of_file)
    return table, columns_of(table)


def _initial(filename: str) -> dict[str, str]:
    stem = filename.rsplit(".", 1)[0].replace("_", " ").replace("-", " ").strip()
    return {"name": stem[:1].upper() + stem[1:] if stem else "My rows", "record_noun": noun_of(stem)}


def _seed(upload: str) -> str:
    """The seed of the task that is made of an upload: the same for what the page shows and for what is drawn."""
    return salted_hmac("review.own-rows", upload).hexdigest()[:32]


def _previewed(
    path: Path, columns: tuple[Column, ...], spec: TaskSpec | None, seed: str, choices: ImportChoices
) -> ImportPreview | None:
    if spec is None:
        return None
    mapping = mapping_of([column for column in columns if column.use in (FACT, SPLIT)], spec)
    try:
        return read_preview(path, spec=spec, mapping=mapping, choices=choices, task=Task(seed=seed))
    except Refusal:
        return None


def _proposed(columns: tuple[Column, ...], form: OwnTaskForm, *, grouped_by: str | None) -> TaskSpec:
    noun = form.data.get("record_noun", "") if form.is_bound else form.initial["record_noun"]
    try:
        instruction = form.own_instruction if form.is_bound else ""
        return propose(columns, instruction=instruction, record_noun=noun, grouped_by=grouped_by)
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise Refusal(
            "spec_invalid", f"These columns do not make a task: {message}.", hint="Change what a column is."
        ) from None
    except ValueError as error:
        raise Refusal(
            "spec_invalid", f"These columns do not make a task: {error}.", hint="Make a column a fact."
        ) from None


def _shown(form: OwnTaskForm, spec: TaskSpec | None) -> OwnTaskForm:
    """Form with the proposal of now where the instruction was not touched, and prompts brought none of their own."""
    instruction = spec.instruction if spec else ""
    if not form.is_bound:
        wording = form.initial["instruction"] or instruction
        form.initial = {**form.initial, "instruction": wording, "proposed": instruction}
    elif spec and not form.own_instruction:
        form.data = {**form.data.dict(), "instruction": instruction, "proposed": instruction}  # type: ignore[attr-defined]
    return form


def _make(request: HttpRequest, spec: TaskSpec, chosen: dict[str, Any], filename: str, *, seed: str) -> Task:
    return authoring.create(
        name=chosen["name"],
        slug=chosen["slug"] or slugify(chosen["name"])[: authoring.SLUG_CHARS].strip("-"),
        spec=spec,
        by=member_of(request),
        note=f"From the rows of “{filename}”"[:200] if filename else "From pasted rows",
        seed=seed,
    )


def _begin(
    request: HttpRequest,
    task: Task,
    spec: TaskSpec,
    path: Path,
    columns: tuple[Column, ...],
    filename: str,
    choices: ImportChoices,
) -> HttpResponse:
    act, filename = request.POST.get("do"), filename or "pasted rows"
    is_judged = act == JUDGE or (act != TEACHER and any(column.use == ANSWER for column in columns))
    kind = SourceKind.DRAFTS if is_judged else SourceKind.RECORDS
    mapping = mapping_of([column for column in columns if is_judged or column.use in (FACT, SPLIT)], spec)
    reading = {name: str(value) for name, value in choices.on_record().items()}
    waiting = waiting_rows.WaitingRows(path.name, kind, filename, mapping, reading)
    if act not in (JUDGE, TEACHER):
        waiting_rows.hold(task, waiting)
        messages.success(request, f"{task.name} is made. Complete the task; your rows are kept until then.")
        return redirect("review:edit", task.slug)
    take = import_drafts if is_judged else import_records
    try:
        result = take(task, path, by=member_of(request), filename=filename, mapping=mapping, choices=choices)
    except Refusal as refusal:
        waiting_rows.hold(task, waiting)
        messages.warning(request, f"{task.name} was created. {refusal.message} Check the rows again.")
        return redirect(waiting.address(task))
    uploads.drop_upload(path.name)
    messages.success(request, f"{task.name} is made, with {result.rows_added:,} of your rows.")
    return redirect("review:focus" if act == JUDGE else "generation:list", task.slug)
