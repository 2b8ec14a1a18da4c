"""A look at each row on its way into a version: personal data, and what of it stands in two splits.

Rows pass once, in the order in which they are written; memory holds a few numbers a row, no text. Knows the policy of
the filters; does not know files.

Leakage is counted by 64-bit hashes of what was written, kept by split; among a million of them two different texts are
taken for one with a probability of about 3e-8. Labels are no texts: where values are all that is written, words are
those of the facts.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import DraftHistory, JudgedDraft
from review.datasets.selection import words_of
from review.desk.cards.values import all_values
from review.sources import company_domain
from review.spec import prompting, splits
from review.spec.paths import leaves
from review.spec.splits import normal_group
from review.states import Split
from review.text.near_duplicates.shingles import Hashes, Ints, WordNumbers, windows
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


# Runs of so many words are what the field calls an overlap (Brown et al., "Language models are few-shot learners",
# 2020, appendix C).
RUN_WORDS = 13
_BIT = {split.value: 1 << place for place, split in enumerate(Split)}
_CONTACT = re.compile(r"(?:^|_)e?mails?(?:$|_)|(?:^|_)phone|(?:^|_)contact(?:$|_)")
# What must never stand in two splits, and what may but is told.
NEVER = ("company", "domain")
TOLD = ("contact", "prompt", "facts", "text")


class Leakage:
    def __init__(self) -> None:
        self._seen: dict[str, dict[int, int]] = {kind: defaultdict(int) for kind in (*NEVER, *TOLD)}
        self._names: dict[int, str] = {}
        self._words = WordNumbers()
        self._train: list[Hashes] = []
        self._test: list[Hashes] = []
        self._test_rows: list[Ints] = []
        self._rows = 0
        self._has_texts, self._nouns = False, "groups"

    def add(self, golds: Sequence[JudgedDraft], *, originals: Sequence[JudgedDraft]) -> None:
        """See rows.

        Args:
            originals: As they were before masks, in the same order: masked people are not all one person.
        """
        words = [_words(gold) if gold.is_positive else "" for gold in golds]
        for gold, original, text in zip(golds, originals, words, strict=True):
            self._see(_BIT[gold.split], _shared(gold, original))
            self._nouns = gold.spec.group_nouns
            if not all_values(gold.spec):
                self._has_texts = True
                self._see(_BIT[gold.split], [("text", text)] if gold.is_positive else [])
        taught = [(gold.split, text) for gold, text in zip(golds, words, strict=True) if gold.is_positive]
        self._add_runs([split for split, _ in taught], [text for _, text in taught])

    def _see(self, split: int, texts: Iterable[tuple[str, str]]) -> None:
        for kind, text in texts:
            key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
            self._seen[kind][key] |= split
            if kind in NEVER:
                self._names.setdefault(key, text)

    def refuse_broken_splits(self) -> None:
        """Refuse a version in which a group, such as a company, stands in two splits.

        Raises:
            Refusal: 422, naming the first ten.
        """
        broken = [self._names[key] for kind in NEVER for key in self._across(kind)]
        if broken:
            raise Refusal(
                "company_in_two_splits",
                f"{len(broken):,} {self._nouns} are in two splits, by name or by domain: {', '.join(broken[:10])}.",
                hint="Revoke the drafts of one side, or leave their source out with a filter.",
            )

    def report(self) -> dict[str, Any]:
        """Counts of what stands in two splits, and the share of test text that training text contains."""
        kinds = [kind for kind in (*NEVER, *TOLD) if kind != "text" or self._has_texts]
        return {
            **{f"{kind}_in_two_splits": len(self._across(kind)) for kind in kinds},
            "run_words": RUN_WORDS,
            **self._overlap(),
        }

    def _across(self, kind: str) -> list[int]:
        return [key for key, bits in self._seen[kind].items() if bits & (bits - 1)]

    def _add_runs(self, splits: Sequence[str], texts: Sequence[str]) -> None:
        """Keep the runs of words of training and of test rows, a chunk of rows in one array."""
        if not texts:
            return
        ids, lengths = self._words.of(texts)
        hashes, owner = windows(ids, lengths, RUN_WORDS)
        sides = np.array(splits)
        long_enough = lengths >= RUN_WORDS
        self._train.append(hashes[(long_enough & (sides == Split.TRAIN))[owner]])
        is_test = (long_enough & (sides == Split.TEST))[owner]
        self._test.append(hashes[is_test])
        # Rows of all chunks are told apart by their number.
        self._test_rows.append(owner[is_test] + self._rows)
        self._rows += len(texts)

    def _overlap(self) -> dict[str, Any]:
        train, test, rows = (
            np.concatenate(some) if some else np.zeros(0) for some in (self._train, self._test, self._test_rows)
        )
        hits = np.isin(test, train)
        return {
            "test_rows": len(np.unique(rows)),
            "test_rows_with_a_run_from_train": len(np.unique(rows[hits])),
            "share_of_test_runs_in_train": round(float(hits.mean()), 6) if len(hits) else 0.0,
        }


def _shared(gold: JudgedDraft, original: JudgedDraft) -> Iterator[tuple[str, str]]:
    """Yield kind and value of each part of a row that is compared across splits."""
    if original.group:
        yield "company", splits.normal_group(original.group)
    field = gold.spec.facts_with_role("domain")
    if field and (domain := company_domain.company_domain(original.facts.get(field))):
        yield "domain", domain
    for name, value in original.facts.items():
        if _is_contact(name) and isinstance(value, str) and value.strip():
            yield "contact", value.strip().casefold()
    yield "facts", prompting.canonical_json(gold.facts)
    yield "prompt", f"{gold.task_version}\n{prompting.facts_sheet(gold.spec, gold.facts)}"


def _words(gold: JudgedDraft) -> str:
    return words_of(gold.facts if all_values(gold.spec) else gold.fields or gold.draft)


@lru_cache(maxsize=1000)
def _is_contact(fact: str) -> bool:
    return _CONTACT.search(fact) is not None
