"""Records of a task by the names that rows call them by: the same first, else alike but for case and punctuation.

The key of a match differs from `splits.normal_group`, which ties writings of one company to one side of the split. That
drops more signs: there `C++`, `C#` and `C` may share a side, here they are three records.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models.fields.json import KT

from review.models import Record, Task
from review.sources.imports.company_splits import GROUP_CHARS, CompanyNaming
from review.spec.splits import normal_group, without_legal_suffix

# Punctuation that people leave out; all other signs, and the marks on letters of any script, are part of a name.
_LEFT_OUT = re.compile(r"(?<=\w)[-\u2010-\u2014](?=\w)|[\s._,;:'\"\u2018-\u201f()/\u200b-\u200f\u2060\ufeff]+")
NAMES_SHOWN = 5


class NameMatch(NamedTuple):
    """A row that calls its record by a name which is not written as the record has it."""

    row: int
    named: str
    record: str


class RecordNames:
    """Names of records, looked up in few queries.

    Attributes:
        alike: Matches that were not exact, in the order of their rows.
    """

    def __init__(self, task: Task, naming: CompanyNaming) -> None:
        self._task, self._naming = task, naming
        # Ids are texts here: what is no container costs the garbage collector nothing, however many rows there are.
        self._by_name: dict[str, str] = {}
        # Most rows name their record exactly, or bring it along: names are brought to their keys once one does not.
        self._keyless: list[str] = []
        self._more_of_name: dict[str, set[str]] = {}
        self._by_key: dict[str, str] = {}
        self._more_of_key: dict[str, set[str]] = {}
        self._looked_up: set[str] = set()
        self.alike: list[NameMatch] = []

    def learn(self, names: Iterable[str]) -> None:
        groups = {normal_group(name)[:GROUP_CHARS] for name in names if name} - self._looked_up
        records = Record.objects.filter(task=self._task, group__in=groups)
        for pk, title, *written in records.values_list("pk", "title", *map(KT, self._naming.paths)):
            name = next((text for value in written if (text := " ".join(str(value or "").split()))), title)
            self.remember(name, pk.hex)
        self._looked_up |= groups

    def remember(self, name: str, record_id: str) -> None:
        exact = _exact(name)
        first = self._by_name.setdefault(exact, record_id)
        if first != record_id:
            self._more_of_name.setdefault(exact, set()).add(record_id)
        self._keyless.append(exact)

    def find(self, row: int, name: str) -> str | None:
        """Return the id of the record that a row names; None where there is none.

        Raises:
            ValueError: Several could be meant; names them.
        """
        exact = _exact(name)
        if exact in self._by_name:
            return self._only(exact)
        self._find_keys()
        key = match_key(exact)
        like = self._by_key.get(key)
        if like is None:
            return None
        if more := self._more_of_key.get(key):
            names = sorted({like, *more})
            shown = ", ".join(f"'{each}'" for each in names[:NAMES_SHOWN])
            raise ValueError(
                f"'{name}' may mean any of {len(names)} records: {shown}; write the name as its record has it"
            )
        record_id = self._only(like)
        self.alike.append(NameMatch(row, name, like))
        return record_id

    def _find_keys(self) -> None:
        for exact in self._keyless:
            key = match_key(exact)
            like = self._by_key.setdefault(key, exact)
            if like != exact:
                self._more_of_key.setdefault(key, set()).add(exact)
        self._keyless.clear()

    def _only(self, exact: str) -> str:
        if more := self._more_of_name.get(exact):
            raise ValueError(f"{len(more) + 1} records are called '{exact}'; add facts that distinguish them")
        return self._by_name[exact]


def match_key(name: str) -> str:
    """A name so that writings which mean one record agree: case, blanks, common punctuation and legal suffix aside.

    Equal keys have equal groups in `splits`, since that drops all that is dropped here.
    """
    text = without_legal_suffix(unicodedata.normalize("NFKC", name)).casefold()
    return " ".join(_LEFT_OUT.sub(" ", text).split()) or text.strip()


def _exact(name: str) -> str:
    """A name as it is read: letters composed in another way, and runs of blanks, are the same."""
    return unicodedata.normalize("NFC", " ".join(name.split()))
