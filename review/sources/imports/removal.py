"""Take an import back while nothing rests on what it brought: its drafts, its records and its own row go.

What rests on them is found by the foreign keys of all rooms, and by a port where rooms name records in lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from audit import trail
from members.models import Member
from review import ports
from review.db import text_index
from review.models import Assignment, Draft, Record, SearchText, Source
from review.sources.imports import staging
from review.states import AssignmentState, Role, SourceKind
from review.tasks import permissions
from web.db.chunks import chunked
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

CHUNK = 500


@dataclass(frozen=True, slots=True)
class RemovedRows:
    """Rows that went with an import."""

    records: int
    drafts: int

    def in_words(self) -> str:
        """Return the end of a sentence: `, 3 records and 12 drafts with it`."""
        parts = [
            _counted(count, name, f"{name}s")
            for count, name in ((self.records, "record"), (self.drafts, "draft"))
            if count
        ]
        return f", {' and '.join(parts)} with it" if parts else ""


@transaction.atomic
def take_back(source_id: UUID, *, by: Member) -> RemovedRows:
    """Delete an import with its records and drafts, as if the file had never come.

    The task's row is locked as imports lock it, and what goes is locked before anybody is asked what rests on it:
    whoever writes for one of these records meanwhile waits, and then finds it gone.

    Args:
        by: A lead of its task.

    Raises:
        Http404: No such import, or it went a moment ago.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `import_in_use`, naming what rests on it; `import_untraced`, its drafts do not say where they came
            from; `import_running`, another import is under way.
    """
    source = first_or_404(Source.objects.select_related("task").filter(pk=source_id), "There is no such import.")
    permissions.require(by, source.task, Role.LEAD)
    staging.lock_task(source.task)
    if not Source.objects.select_for_update().filter(pk=source_id).exists():
        raise Http404("This import no longer exists.")
    drafts, records = _locked(Draft.objects, imported_from=source), _locked(Record.everything, source=source)
    if source.kind == SourceKind.DRAFTS and len(drafts) < source.rows_added:
        raise Refusal(
            "import_untraced",
            "This import is older than the link from drafts to imports, so its own drafts cannot be identified.",
            hint="Recall the drafts instead: this removes them from the desk and from every later version.",
            status=409,
        )
    if uses := _uses(source, frozenset(map(str, records))):
        raise Refusal(
            "import_in_use",
            f"'{source.name}' cannot be removed: its rows are in use ({', '.join(uses)}).",
            hint="Recall drafts to take them out of use; erase a person to empty a record.",
            status=409,
            errors={"uses": uses},
        )
    trail.record("import_taken_back", by=by, about=source, task=source.task.slug, holds=source.kind,
                 records=len(records), drafts=len(drafts))  # fmt: skip
    for some in chunked(drafts, CHUNK):
        _drop(SearchText.objects.filter(draft__in=some))
        _drop(Assignment.objects.filter(draft__in=some))
        _drop(Draft.objects.filter(pk__in=some))
    if drafts:
        text_index.purge()
    for some in chunked(records, CHUNK):
        _drop(Record.everything.filter(pk__in=some))
    _drop(Source.everything.filter(pk=source_id))
    return RemovedRows(len(records), len(drafts))


def _locked(rows: models.Manager[models.Model], **those: Source) -> list[UUID]:
    return list(rows.select_for_update().filter(**those).order_by("pk").values_list("pk", flat=True))


def _drop(rows: QuerySet[models.Model]) -> None:
    # Nothing points at them: Django need not look for what does once more.
    rows.order_by()._raw_delete(rows.db)


def _uses(source: Source, record_ids: frozenset[str]) -> list[str]:
    """Rows of all rooms that rest on an import, by what they are called, with their number."""
    counts: dict[type[models.Model], int] = {}
    for model, way in ((Source, ""), (Record, "__source"), (Draft, "__imported_from")):
        for key in _keys_to(model):
            rows = key.model._base_manager.filter(**{key.name + way: source}).exclude(_own(key.model, source))
            counts[key.model] = max(rows.count(), counts.get(key.model, 0))
    for named in ports.lists_of_records(source.task, record_ids):
        counts |= {model: max(count, counts.get(model, 0)) for model, count in named.items()}
    uses = [_counted(count, *_names(model)) for model, count in counts.items() if count]
    erased = Record.everything.filter(source=source, erased_at__isnull=False).count()
    return [*uses, _counted(erased, "erased record", "erased records")] if erased else uses


def _names(model: type[models.Model]) -> tuple[str, str]:
    if model is Assignment:
        return "card in front of a reviewer", "cards in front of reviewers"
    return str(model._meta.verbose_name), str(model._meta.verbose_name_plural)


def _counted(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"


def _keys_to(model: type[models.Model]) -> list[models.ForeignObject[Any, Any]]:
    relations = model._meta.get_fields(include_hidden=True)
    return [relation.field for relation in relations if isinstance(relation, models.ForeignObjectRel)]


def _own(model: type[models.Model], source: Source) -> Q:
    """Rows that came with the import, or that the desk made of its drafts without anybody having said a word."""
    if model is Record:
        return Q(source=source)
    if model is Draft:
        return Q(imported_from=source, imported_from__isnull=False)
    if model is SearchText:
        return Q(draft__imported_from=source)
    if model is Assignment:
        is_held = Q(state=AssignmentState.ACTIVE, leased_until__gt=timezone.now())
        is_spent = Q(state__in=(AssignmentState.DONE, AssignmentState.SET_ASIDE)) | Q(unfinished__isnull=False)
        return ~(is_held | is_spent | ~Q(note=""))
    return Q(pk__in=[])
