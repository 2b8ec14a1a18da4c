"""Rows for tests of the campaigns room. Contacts and suppressions come through the services, as they do in life."""

from __future__ import annotations

from datetime import date
from typing import Any

from campaigns import addresses
from campaigns.models import Contact, SenderIdentity
from campaigns.states import LawfulBasis
from review.models import Record, Task

BASIS = {"lawful_basis": "legitimate_interest", "basis_source": "trade fair in Lund", "basis_date": "2026-05-04"}


def make_contact(
    task: Task, address: str = "ada@acme.example", *, record: Record | None = None, **values: Any
) -> Contact:
    """A contact of a task, with a lawful basis."""
    read = addresses.read(address)
    given = {
        "first_name": "Ada", "company": "Acme", "lawful_basis": LawfulBasis.LEGITIMATE_INTEREST,
        "basis_source": "trade fair in Lund", "basis_date": date(2026, 5, 4), **values,
    }  # fmt: skip
    return Contact.objects.create(
        task=task, address=read.text, address_hmac=read.hmac, cluster=read.cluster, record=record, **given
    )


def make_sender(*, slug: str = "nora", **values: Any) -> SenderIdentity:
    """A sender identity that may launch."""
    given = {
        "name": "Nora", "from_name": "Nora Lind", "from_address": "nora@sender.example",
        "reply_address": "replies@sender.example", "postal_address": "Sender Ltd, 1 Quay Street, Lund", **values,
    }  # fmt: skip
    return SenderIdentity.objects.create(slug=slug, **given)
