"""Rows of the demo on their way into its snapshot: nothing that a key of the loading installation made stays in them.

Hashes of addresses and signed links are taken out, for the installation that restores the snapshot to make them anew
with its own keys. Passwords go, and the address of the site.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings

from campaigns.compose import link_tokens
from campaigns.compose.link_tokens import ForgedTokenError, TokenPurpose
from campaigns.models import Contact
from campaigns.suppression import email_addresses
from miniatures_site.backup.portable import Change, Row, Step, Table

SITE = "{{demo:site}}"
UNUSABLE_PASSWORD = "!demo"  # noqa: S105 (no password fits it)
# Columns whose texts may hold links of mails.
LINKED = {
    "campaigns_event": ("payload",),
    "campaigns_message": ("subject", "body"),
    "campaigns_reply": ("text",),
}
_TOKEN = re.compile(r"(?<![a-z2-7])(?:[a-z2-7]{42}|[a-z2-7]{68})(?![a-z2-7])")


class SnapshotError(Exception):
    """A demo that cannot be told without a key of the installation that loaded it."""


def stripped() -> Change:
    """Return the change for a snapshot of the connected database."""
    addresses = _addresses_by_hmac()

    def change(table: Table) -> Step | None:
        if table.table in LINKED:
            return _without_links(table.at(*[name for name in LINKED[table.table] if name in table.columns]))
        if table.table == "members_member":
            return _with_value(table.at("password")[0], UNUSABLE_PASSWORD)
        if table.table == "campaigns_contact":
            return _with_value(table.at("address_hmac")[0], "")
        if table.table == "campaigns_suppression":
            return _with_address(table.at("address_hmac")[0], addresses)
        return None

    return change


def _addresses_by_hmac() -> dict[str, str]:
    """Return each contact's address by its hash.

    Raises:
        SnapshotError: A hash is not of the address in its own row.
    """
    by_hash = dict(Contact.objects.values_list("address_hmac", "address"))
    if any(email_addresses.hmac_of(address) != hashed for hashed, address in by_hash.items()):
        raise SnapshotError("The hash of a contact's address cannot be made again from the address.")
    return by_hash


def _with_value(place: int, value: str) -> Step:
    def step(row: Row) -> Row:
        row[place] = value
        return row

    return step


def _with_address(place: int, addresses: dict[str, str]) -> Step:
    def step(row: Row) -> Row:
        if row[place] not in addresses:
            raise SnapshotError("A suppressed address belongs to no contact, so its hash cannot be made again.")
        row[place] = addresses[row[place]]
        return row

    return step


def _without_links(places: list[int]) -> Step:
    def step(row: Row) -> Row:
        for place in places:
            if row[place]:
                row[place] = _TOKEN.sub(_unsigned, row[place].replace(settings.SITE_URL, SITE))
        return row

    return step


def _unsigned(match: re.Match[str]) -> str:
    for purpose in TokenPurpose:
        try:
            ids = link_tokens.verify(purpose, match[0])
        except ForgedTokenError:
            continue
        return signed_place(purpose, ids)
    return match[0]


def signed_place(purpose: TokenPurpose, ids: tuple[UUID, ...]) -> str:
    """Return what stands for a signed token in the snapshot."""
    return f"{{{{demo:{purpose}:{':'.join(each.hex for each in ids)}}}}}"
