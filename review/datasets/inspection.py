"""A look at each row on its way into a version: personal data, and what of it stands in two splits.

Rows pass once, in the order in which they are written; memory holds a few numbers a row, no text. Knows the policy of
the filters; does not know files.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import DraftHistory, JudgedDraft
from review.datasets.leakage import Leakage
from review.spec.paths import leaves
from review.spec.splits import normal_group
from review.text.personal_data import KINDS, Mask, find, people_in, regions_of
from web.errors import Refusal

SAMPLES = 10
_HISTORY = tuple(each.name for each in fields(DraftHistory))
_TEXTS = ("fields", "note", "text")


class Inspection:
    """Inspection of the rows of one file or version.

    Args:
        seed: The task's secret, under which a masked group gets the same pseudonym in each of its rows and versions.
    """

    def __init__(self, filters: DatasetFilters, *, seed: str) -> None:
        self._seed = seed
        self._policy, self._by_given_name = filters.personal_data, filters.given_names
        self._places: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._samples: list[dict[str, str]] = []
        self.leakage = Leakage()

    def looked(self, golds: list[JudgedDraft]) -> list[JudgedDraft]:
        """The rows as they may be written: masked where the policy says so."""
        written = [self._one(gold) for gold in golds]
        self.leakage.add(written, originals=golds)
        return written

    def report(self) -> dict[str, Any]:
        """Return the version's figures on personal data and leakage.

        Raises:
            Refusal: 422 when the policy refuses what was found, or a company stands in two splits.
        """
        self.leakage.refuse_broken_splits()
        result = {
            "policy": self._policy,
            "rows": self._rows["any"],
            "kinds": {kind: {"rows": self._rows[kind], "places": self._places[kind]} for kind in KINDS},
            # Where, never what: a manifest cannot be changed when a person is erased.
            "samples": self._samples,
        }
        if self._policy == "refuse" and self._samples:
            raise self._refusal()
        return {"personal_data": result, "leakage": self.leakage.report()}

    def _one(self, gold: JudgedDraft) -> JudgedDraft:
        facts = "\n".join(_strings(gold.facts))
        texts = "\n".join(_strings(_written(gold)))
        names = people_in(
            gold.spec,
            gold.facts,
            [texts, facts] if self._by_given_name else [texts],
            by_given_name=self._by_given_name,
        )
        regions = regions_of(gold.spec.language)
        if self._policy != "mask" and not find(f"{texts} \n{facts}", names, regions):
            # One look at everything together; most rows hold nothing, and need no second.
            return gold
        mask = Mask(names, regions)
        masked = _masked(gold, mask)
        if mask.counts:
            self._count(gold, mask)
        # A group may be a person, in a spelling that no pattern finds: `ngozi okonkwo`, `ann weber example com`.
        return replace(masked, group=self._pseudonym(gold.group)) if self._policy == "mask" else gold

    def _count(self, gold: JudgedDraft, mask: Mask) -> None:
        self._places.update(mask.counts)
        self._rows.update(["any", *mask.counts])
        if len(self._samples) < SAMPLES:
            self._samples.append({"row": gold.id, "kinds": ", ".join(sorted(mask.counts))})

    def _pseudonym(self, group: str) -> str:
        if not group:
            return ""
        digest = hmac.new(self._seed.encode(), b"group" + normal_group(group).encode(), hashlib.sha256)
        return f"[GROUP_{digest.hexdigest()[:12]}]"

    def _refusal(self) -> Refusal:
        first = "; ".join(f"{sample['kinds']} in row {sample['row']}" for sample in self._samples)
        return Refusal(
            "personal_data",
            f"{_rows_that_contain(self._rows['any'])} personal data, which this version refuses. The first: {first}.",
            hint="Edit those drafts, revoke them, or freeze with personal data masked.",
        )


def _written(gold: JudgedDraft) -> dict[str, Any]:
    """All texts of a row but its facts, its own first: mails before it, texts found worse, and what was said of it."""
    return {
        "draft": gold.draft,
        "fields": gold.fields,
        "thread": list(gold.thread),
        "note": gold.note,
        "worse": [entry.fields for entry in gold.worse],
        **{
            name: [{key: entry[key] for key in _TEXTS if key in entry} for entry in getattr(gold.history, name)]
            for name in _HISTORY
        },
    }


def _strings(value: object) -> Iterator[str]:
    return (leaf for leaf in leaves(value) if isinstance(leaf, str))


def _masked(gold: JudgedDraft, mask: Mask) -> JudgedDraft:
    """All texts of a row through one mask, facts first, so that their numbers begin there."""
    facts, written = mask.value(gold.facts), mask.value(_written(gold))
    own = {name: written.pop(name) for name in ("draft", "fields", "thread", "note")}
    worse = tuple(replace(entry, fields=masked) for entry, masked in zip(gold.worse, written.pop("worse"), strict=True))
    history = {
        name: [{**entry, **texts} for entry, texts in zip(getattr(gold.history, name), entries, strict=True)]
        for name, entries in written.items()
    }
    return replace(gold, facts=facts, worse=worse, history=replace(gold.history, **history), **own)


def _rows_that_contain(count: int) -> str:
    return "1 row contains" if count == 1 else f"{count:,} rows contain"
