"""Contacts that come as data and not as a file: written down as one, so that both are read by the same rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from campaigns.contacts.imports import columns
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.contacts.imports.outcomes import ContactsResult
from members.models import Member
from review.models import Task
from review.sources.imports import uploads
from review.tasks.queries import latest_version


def import_rows(
    task: Task, contacts: Sequence[dict[str, Any]], *, by: Member, defaults: dict[str, str], skip_bad: bool = False
) -> ContactsResult:
    """Take in contacts given as objects: the contact's fields, and `facts` of its record. Rows count from 1.

    Args:
        contacts: Objects; a `company` becomes the fact of that name where the task has one and `facts` says none.
        defaults: The lawful basis of those that say none.
        skip_bad: Leave bad ones out instead of refusing all.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for a file; `mapping_invalid` when a fact is none of the task's.
    """
    contact_columns = columns.columns_of(latest_version(task).spec)
    targets = {field: target for target, field in contact_columns.person.items()}
    own = {targets[name]: value for name, value in defaults.items()}
    rows = [{**own, **_row(contact, contact_columns, targets)} for contact in contacts]
    mapping = {key: key for row in rows for key in row}
    name = uploads.keep_upload([json.dumps(rows, default=str).encode()])
    try:
        return import_contacts(task, uploads.path_of(name), by=by, filename="API", mapping=mapping, skip_bad=skip_bad)
    finally:
        uploads.drop_upload(name)


def _row(contact: dict[str, Any], contact_columns: columns.ContactColumns, targets: dict[str, str]) -> dict[str, Any]:
    facts = dict(contact.get("facts") or {})
    row = {targets[name]: value for name, value in contact.items() if name in targets and value not in (None, "")}
    if contact_columns.company_fact and contact.get("company"):
        facts.setdefault(contact_columns.company_fact, contact["company"])
    return {**facts, **row}
