"""Rows of the demo's snapshot on their way into a new installation: its own keys, its own address, its own days.

All moments move by one number of whole days, so that hours and the distances between them stay. Documents that are held
by a hash (a registration, a study's record) move before they are sealed again, by the code that sealed them. Facts
about the world stay: prices, and the days on which contacts agreed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from campaigns.compose import link_tokens
from campaigns.compose.link_tokens import TokenPurpose
from campaigns.experiments import design
from campaigns.suppression import email_addresses
from evaluation.studies import record as study_record
from miniatures_site.backup.portable import Row, Step, Table
from miniatures_site.demo_snapshot.rows_out import LINKED, SITE

# Dates that state a fact, by table.
KEPT_DATES = {"generation_priceentry": ("as_of", "from_date", "shutdown_date"), "campaigns_contact": ("basis_date",)}
# Texts that tell when something was done here; all other texts are somebody's words and stay.
DATED_TEXTS = {
    "campaigns_event": ("payload",),
    "campaigns_experiment": ("registration",),
    "campaigns_look": ("result",),
    "evaluation_study": ("record_text",),
    "evaluation_studyverdict": ("body",),
    "jobs_jobevent": ("payload",),
    "review_datasetversion": ("card",),
    "review_source": ("provenance",),
    "webhooks_event": ("data",),
}
_DAY = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?!\d)")
_SIGNED = re.compile(r"\{\{demo:(\w+):([0-9a-f:]+)\}\}")


class Newcomer:
    """The change for rows of a snapshot.

    Args:
        made_at: When the snapshot was made.
        now: The moment its rows move to.
    """

    def __init__(self, made_at: datetime, *, now: datetime) -> None:
        # Whole days, rounded down: nothing lies in the future.
        self.days = max(timedelta(), now - made_at).days
        self._first, self._last = (made_at - timedelta(days=400)).date(), (made_at + timedelta(days=60)).date()
        self._later_days: dict[str, str] = {}
        self._new_hashes: dict[str, str] = {}

    def __call__(self, table: Table) -> Step | None:
        """Return how rows of a table change; None where they do not."""
        steps = [step for step in (self._moved(table), self._texts(table), _keyed(table)) if step is not None]
        if not steps:
            return None

        def step(row: Row) -> Row:
            for each in steps:
                row = each(row)
            return row

        return step

    def _moved(self, table: Table) -> Step | None:
        fixed_dates = KEPT_DATES.get(table.table, ())
        moments, days = table.at(*table.moments), table.at(*(name for name in table.dates if name not in fixed_dates))
        if not self.days or not (moments or days):
            return None

        def step(row: Row) -> Row:
            for place in moments:
                if row[place]:
                    row[place] = self._moment(row[place])
            for place in days:
                if row[place]:
                    row[place] = self._day(row[place])
            return row

        return step

    def _texts(self, table: Table) -> Step | None:
        places = table.at(*(name for name in DATED_TEXTS.get(table.table, ()) if name in table.columns))
        if not self.days or not places:
            return None
        seal = self._seals(table)

        def step(row: Row) -> Row:
            for place in places:
                if row[place]:
                    row[place] = self._text(row[place])
            return row if seal is None else seal(row)

        return step

    def _seals(self, table: Table) -> Step | None:
        """Return how a document is sealed again; its earlier hash, wherever later rows name it, becomes the new one."""
        if table.table == "campaigns_experiment":
            document, seal = table.at("registration", "registration_sha256")
            return self._sealed(document, seal, lambda text: design.registration_sha256(json.loads(text)))
        if table.table == "evaluation_study":
            document, seal = table.at("record_text", "record_sha256")
            return self._sealed(document, seal, study_record.sha256_of)
        return None

    def _sealed(self, document: int, seal: int, hashed: Callable[[str], str]) -> Step:
        def step(row: Row) -> Row:
            if row[seal]:
                before, row[seal] = row[seal], hashed(row[document])
                self._new_hashes[before] = row[seal]
            return row

        return step

    def _moment(self, text: str) -> str:
        return self._day(text[:10]) + text[10:]

    def _day(self, text: str) -> str:
        if text not in self._later_days:
            self._later_days[text] = (date.fromisoformat(text) + timedelta(days=self.days)).isoformat()
        return self._later_days[text]

    def _text(self, text: str) -> str:
        for before, after in self._new_hashes.items():
            text = text.replace(before, after)
        return _DAY.sub(self._day_in_text, text)

    def _day_in_text(self, match: re.Match[str]) -> str:
        try:
            is_ours = self._first <= date.fromisoformat(match[0]) <= self._last
        except ValueError:
            return match[0]
        return self._day(match[0]) if is_ours else match[0]


def _keyed(table: Table) -> Step | None:
    """Return how rows take on the keys and the address of this installation."""
    if table.table in LINKED:
        return _linked(table.at(*(name for name in LINKED[table.table] if name in table.columns)))
    if table.table == "campaigns_contact":
        return _hashed(*table.at("address", "address_hmac"))
    if table.table == "campaigns_suppression":
        (place,) = table.at("address_hmac")
        return _hashed(place, place)
    return None


def _hashed(address: int, hashed: int) -> Step:
    def step(row: Row) -> Row:
        row[hashed] = email_addresses.hmac_of(row[address])
        return row

    return step


def _linked(places: list[int]) -> Step:
    def step(row: Row) -> Row:
        for place in places:
            if row[place] and "{{demo:" in row[place]:
                row[place] = _SIGNED.sub(_token, row[place].replace(SITE, settings.SITE_URL))
        return row

    return step


def _token(match: re.Match[str]) -> str:
    return link_tokens.sign(TokenPurpose(match[1]), *(UUID(hex=each) for each in match[2].split(":")))
