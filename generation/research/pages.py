"""Pages of web research: order it, watch it, and read what was stored of a record's pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from generation.research import launch
from generation.research import queries as selectors
from generation.research.launch import MOST_PAGES, ResearchRequest
from members.session import member_of
from review.spec.schema import InputField
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.http.form_choices import set_choices
from web.http.form_errors import submit

if TYPE_CHECKING:
    from review.models import Source


@require_http_methods(["GET", "HEAD", "POST"])
def research_list(request: HttpRequest, slug: str) -> HttpResponse:
    member, task = member_of(request), task_or_404(member_of(request), slug)
    may_lead, status = may(member, task, Role.LEAD), 200
    if request.method == "POST":
        require(member, task, Role.LEAD)
    form = ResearchForm(
        request.POST or None,
        sources=selectors.startable_sources(member),
        facts=selectors.given_facts(task),
        can_search=bool(settings.RESEARCH_SEARCH_URL),
    )
    if request.method == "POST":
        made, status = submit(form, lambda _: launch.launch(task, by=member, **form.order()))
        if made is not None:
            return redirect("generation:research", made.pk)
    context = {
        "task": task,
        "section": "sources",
        "form": form,
        "orders": selectors.of_task(member, task)[: selectors.LISTED],
        "may_lead": may_lead,
        "has_place": selectors.accepts_pages(task),
        "contact": settings.RESEARCH_CONTACT,
    }
    return render(request, "generation/research.html", context, status=status)


@require_safe
def research_page(request: HttpRequest, research_id: UUID) -> HttpResponse:
    research = selectors.get(member_of(request), research_id)
    context = {
        "task": research.task,
        "section": "sources",
        "research": research,
        "job": research.job,
        "figures": selectors.counts_of(research),
        "sites": selectors.sites(research),
    }
    return render(request, "generation/research_order.html", context)


@require_safe
def record_pages(request: HttpRequest, record_id: UUID) -> HttpResponse:
    record, pages = selectors.pages_of(member_of(request), record_id)
    context = {"task": record.task, "section": "sources", "record": record, "pages": pages}
    return render(request, "generation/research_pages.html", context)


_SITES_HELP = "One a line: name, address. Either may be left out: Harrow Bay Ferries, https://harrow-bay.example"


# A point between two letters or digits, and no blank: `Inc.` is none, `acme.example` is one.
_ADDRESS = re.compile(r"^\S*\w\.\w\S*$")


class ResearchForm(forms.Form):
    """Sites, how much to read of each, and facts of all records."""

    source = forms.ChoiceField(
        label="Records of",
        required=False,
        help_text="Their address is the fact of the role domain, or the first address.",
    )
    sites = forms.CharField(
        label="Or these sites",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        max_length=200_000,
        help_text=_SITES_HELP,
    )
    pages_per_site = forms.IntegerField(
        label="Pages of a site", min_value=1, max_value=MOST_PAGES, initial=3, help_text="The start page included."
    )
    chars_per_page = forms.IntegerField(
        label="Characters of a page",
        min_value=200,
        max_value=20_000,
        initial=6000,
        help_text="This much of its text becomes a fact and is sent to teachers.",
    )
    searches = forms.BooleanField(
        label="Use the search engine as well",
        required=False,
        help_text="For sites that are not given, and pages elsewhere.",
    )
    name = forms.CharField(label="Name", required=False, max_length=120)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        sources: Sequence[Source],
        facts: Sequence[InputField],
        can_search: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self._sources = {str(source.pk): source for source in sources}
        choices = [(pk, f"{source.task.name}: {source.name}") for pk, source in self._sources.items()]
        set_choices(self, "source", [("", "None: the sites given"), *choices])
        if not can_search:
            del self.fields["searches"]
        self._facts = [f"fill.{fact.name}" for fact in facts]
        for fact in facts:
            self.fields[f"fill.{fact.name}"] = forms.CharField(
                label=f"{fact.name.replace('_', ' ').capitalize()} of all",
                required=False,
                max_length=2000,
                help_text=fact.description,
            )

    def given(self) -> list[forms.BoundField]:
        return [self[name] for name in self._facts]

    def order(self) -> dict[str, Any]:
        values = self.cleaned_data
        facts = {name.removeprefix("fill."): values[name].strip() for name in self._facts if values[name].strip()}
        request = ResearchRequest(
            values["pages_per_site"], values["chars_per_page"], values.get("searches", False), facts
        )
        source = self._sources.get(values["source"])
        return {"source": source, "sites": site_lines(values["sites"]), "request": request, "name": values["name"]}


def site_lines(text: str) -> list[tuple[str, str]]:
    """Name and address of each line; the address is the last word that looks like one."""
    sites = []
    for line in text.splitlines():
        name, comma, address = (part.strip() for part in line.strip().rpartition(","))
        if not comma:
            name, address = ("", address) if _ADDRESS.search(address) else (address, "")
        elif not _ADDRESS.search(address):
            name, address = line.strip(), ""
        if name or address:
            sites.append((name, address))
    return sites
