"""Pages of contacts: the list, one contact, and the steps of an import."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.contacts import correct, queries
from campaigns.contacts.imports.columns import BASIS
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.outcomes import ContactsResult
from campaigns.contacts.imports.preview import read_preview
from campaigns.contacts.imports.sample_file import sample_csv
from campaigns.outcomes import queries as outcomes_queries
from campaigns.states import LawfulBasis
from members.session import member_of
from review.sources.forms import ReadingForm, mapping_rows, offer
from review.sources.imports import uploads
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.tables.text_encoding import ENCODINGS
from review.states import Role
from review.tasks.permissions import task_or_404
from web.db import keyset
from web.errors import Refusal

STATES = (("", "All"), ("suppressed", "Suppressed"), ("without_facts", "Without facts"), ("erased", "Erased"))


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "segment", "cluster", "state")}
    rows = queries.search(
        member,
        task=task,
        text=filters["q"],
        segment=filters["segment"],
        cluster=filters["cluster"],
        state=filters["state"],
    )
    page = keyset.page(rows, cursor=request.GET.get("after", ""))
    counted = queries.contact_counts(task)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "contacts",
        "overview": counted.value,
        "counted_at": counted.at,
        "page": page,
        "lines": queries.lines(page.rows),
        "asked": filters,
        "is_narrowed": any(filters.values()),
        "filters": urlencode({name: value for name, value in filters.items() if value}),
        "states": STATES,
    }
    return render(request, "campaigns/contacts/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A POST corrects the contact, or removes one that no campaign has taken in."""
    member = member_of(request)
    contact, refusal = queries.contact_or_404(member, pk), None
    if request.method == "POST":
        try:
            if request.POST.get("do") == "remove":
                correct.remove(contact, by=member)
                messages.success(request, "Removed. It may be imported again.")
                return redirect("campaigns:contacts", contact.task.slug)
            correct.correct(contact, request.POST.dict(), by=member)
            messages.success(request, "Saved.")
            return redirect("campaigns:contact", pk)
        except Refusal as error:
            refusal = error
    mails = queries.mails_of(contact)
    context = {
        "refusal": refusal,
        "corrections": [
            (name, name.replace("_", " ").capitalize(), request.POST.get(name, getattr(contact, name)))
            for name in correct.CORRECTABLE
        ],
        "task": contact.task,
        "section": "campaigns",
        "tab": "contacts",
        "contact": contact,
        "line": queries.lines([contact])[0],
        "mails": mails,
        "is_simulated": any(mail.campaign.is_simulated for mail in mails),
        "outcomes": outcomes_queries.of_contact(contact.pk),
        "outcomes_without_mail": outcomes_queries.without_mail(contact.pk),
    }
    return render(request, "campaigns/contacts/detail.html", context, status=refusal.status if refusal else 200)


@require_safe
def sample(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    return HttpResponse(
        sample_csv(task),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="contacts-{task.slug}.csv"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form, refusal = ContactFileForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        file, name = form.cleaned_data["file"], ""
        try:
            name = uploads.keep_upload(file.chunks())
            choices = ImportChoices(encoding=form.cleaned_data["encoding"])
            read_preview(task, uploads.path_of(name), choices=choices)
        except Refusal as error:
            uploads.drop_upload(name)
            refusal = error
        else:
            place = reverse("campaigns:contacts-columns", args=[task.slug, name])
            query = {"filename": file.name} | ({"encoding": choices.encoding} if choices.encoding else {})
            return redirect(f"{place}?{urlencode(query)}")
    context = {"task": task, "section": "campaigns", "tab": "contacts", "form": form, "refusal": refusal}
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "campaigns/contacts/upload.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    try:
        path = uploads.path_of(name)
    except Refusal as gone:
        messages.error(request, f"{gone.message} {gone.hint}")
        return redirect("campaigns:contacts-import", task.slug)
    filename, refusal = request.GET.get("filename", ""), None
    form = BasisForm(request.POST or None, initial={"basis_date": timezone.localdate()})
    reading = ReadingForm(request.POST or request.GET.dict())
    choices = reading.choices()
    try:
        preview = read_preview(task, path, choices=choices)
    except Refusal as unread:
        refusal, choices = unread, AS_FOUND
        preview = read_preview(task, path)
    if request.method == "POST" and refusal is None:
        mapping = reading.mapping(request.POST.dict(), preview.file)
        preview = read_preview(task, path, mapping=mapping, defaults=form.defaults(), choices=choices)
        if request.POST.get("do") == "import" and form.is_valid():
            try:
                result = import_contacts(
                    task,
                    path,
                    by=member,
                    filename=filename,
                    mapping=mapping,
                    defaults=form.defaults(),
                    left_out=form.cleaned_data["left_out"] or 0,
                    choices=choices,
                )
            except Refusal as error:
                refusal = error
            else:
                uploads.drop_upload(name)
                messages.success(request, _result_message(result))
                return redirect("campaigns:contacts", task.slug)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "contacts",
        "filename": filename,
        "preview": preview,
        "file": preview.file,
        "rows": mapping_rows(preview.file),
        "offer": offer(preview.census.fresh + preview.census.changed, preview.file.rows_bad, refusal),
        "form": form,
        "reading": reading,
        "refusal": refusal,
    }
    return render(request, "campaigns/contacts/columns.html", context, status=refusal.status if refusal else 200)


def _result_message(result: ContactsResult) -> str:
    added = result.rows_added
    parts = [f"{added:,} contact{'' if added == 1 else 's'} added" if added else "No new contacts"]
    for count, what in (
        (result.rows_changed, "corrected"),
        (result.rows_known, "known already"),
        (result.rows_suppressed, "left out because suppressed"),
        (result.rows_bad, "bad row left out" if result.rows_bad == 1 else "bad rows left out"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    return ", ".join(parts) + "."


class ContactFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV with a header row, Excel (.xlsx), JSON, JSONL, Parquet or Arrow; at most 64 MiB.",
        allow_empty_file=True,
    )
    encoding = forms.ChoiceField(
        choices=[("", "– detect –"), *ENCODINGS.items()],
        required=False,
        label="Encoding",
        help_text="Usually detected; the next page shows a sample.",
    )


class BasisForm(forms.Form):
    """Why the people of a file may be written to, where no column of it says so."""

    lawful_basis = forms.ChoiceField(
        label="Lawful basis", choices=[("", "– from a column –"), *LawfulBasis.choices], required=False
    )
    basis_source = forms.CharField(
        label="Where it comes from",
        max_length=200,
        required=False,
        help_text="As you would tell the person: 'sign-up form of 2026', 'trade fair in Lund'.",
    )
    basis_date = forms.DateField(
        label="Since when",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Not in the future.",
    )
    may_track_opens = forms.BooleanField(
        label="They consented to open tracking", required=False, help_text="Tick only if they agreed to it."
    )
    # How many rows the button said would stay out.
    left_out = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def defaults(self) -> dict[str, str]:
        if not self.is_bound or not self.is_valid():
            return {}
        values = {name: self.cleaned_data.get(name) for name in BASIS}
        return {name: "yes" if value is True else str(value) for name, value in values.items() if value}
