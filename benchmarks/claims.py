"""How well the rules tell claims that a passage supports from those it does not: `python -m benchmarks.claims`.

Reads `verify/summedits_sales_dev.jsonl.gz` under `SHARED_DATA_DIR` (SummEdits, Laban and others 2023, arXiv 2305.14540): summaries of
sales mails and calls, edited so that some no longer agree with their text. The rules were made on one half of the documents, drawn by
a hash; the other half was looked at often, and settings were kept or dropped by its totals: it is no untouched test.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from review.text.verification.rules import verify
from stats.intervals import balanced, shares

DATA = "verify/summedits_sales_dev.jsonl.gz"
# Balanced accuracy on the mails of SummEdits, as published there.
PUBLISHED = {"QAFactEval": 0.636, "GPT-4": 0.795, "people": 0.874}


class Row(NamedTuple):
    """One summary, its truth and the rules' answer."""

    document: str
    domain: str
    is_made_on: bool
    edits: tuple[str, ...]
    truth: bool
    answer: bool


class Accuracy(NamedTuple):
    """How well a group of rows is told apart; intervals are 95 % by document."""

    documents: int
    rows: int
    balanced: float
    interval: tuple[float, float] | None
    recall: float
    specificity: float
    specificity_interval: tuple[float, float]


def rows() -> list[Row]:
    """Every summary with the rules' answer."""
    path = Path(os.environ.get("SHARED_DATA_DIR", "/nowhere")) / DATA
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_row(json.loads(line)) for line in lines]


def _row(given: dict[str, Any]) -> Row:
    half = hashlib.sha256(given["doc"].encode()).digest()[0] % 2
    answer = verify(given["doc"], given["summary"]).supported
    return Row(given["doc"], given["domain"], half == 0, tuple(given["edit_types"]), given["label"] == 1, answer)


def accuracy(group: Sequence[Row]) -> Accuracy:
    """Balanced accuracy of a group, with an interval by t over documents."""
    right = {truth: [row.answer is truth for row in group if row.truth is truth] for truth in (True, False)}
    rates = {truth: sum(answers) / len(answers) for truth, answers in right.items()}
    documents_of = [row.document for row in group]
    mean = balanced.mean([float(row.answer is row.truth) for row in group], [row.truth for row in group], documents_of)
    kept = [row for row in group if row.truth]
    specificity = shares.clustered([float(row.answer) for row in kept], [row.document for row in kept])
    ends = (max(0.0, mean.low), min(1.0, mean.high)) if mean.low is not None and mean.high is not None else None
    documents = len({row.document for row in group})
    return Accuracy(
        documents, len(group), mean.mean, ends, rates[False], rates[True], (specificity.low, specificity.high)
    )


def main() -> None:
    """Print balanced accuracy by domain and half, what is found by class of edit, and the time a pair takes."""
    started = time.process_time()
    told = rows()
    each_ms = (time.process_time() - started) / len(told) * 1000
    groups = {
        f"{domain}, {half}": [row for row in told if row.domain == domain and wanted(row)]
        for domain in ("sales_email", "sales_call")
        for half, wanted in (
            ("all", lambda row: True), ("rules made on these", lambda row: row.is_made_on), ("not looked into", lambda row: not row.is_made_on),
        )
    }  # fmt: skip
    for name, group in groups.items():
        print(f"{name:35}", _line(accuracy(group)))
    print("published on the mails:", ", ".join(f"{name} {share:.3f}" for name, share in PUBLISHED.items()))
    for kind, (found, count) in sorted(by_edit(told).items()):
        print(f"{kind:35} {found} of {count} found")
    anew_ms, kept_ms = mail_ms(told)
    print(
        f"{each_ms:.1f} ms of a core for each summary; 200 words against 40 facts {kept_ms:.1f}, facts not read before {anew_ms:.1f}"
    )


def mail_ms(told: Sequence[Row]) -> tuple[float, float]:
    """Median time of a core for 200 words against 40 facts of some 12 words, read anew and kept."""
    words = " ".join(sorted({row.document for row in told})).split()
    facts = ["\n".join(" ".join(words[at : at + 12]) for at in range(0, 480, 12)) + f"\n{turn}" for turn in range(30)]
    mail = " ".join(words[200:400])
    times: tuple[list[float], list[float]] = ([], [])
    for passage in facts:
        for turn in times:
            started = time.process_time()
            verify(passage, mail)
            turn.append((time.process_time() - started) * 1000)
    return median(times[0]), median(times[1])


def by_edit(told: Sequence[Row]) -> dict[str, tuple[int, int]]:
    """Of each class of edit, how many summaries with it were found and how many there are."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for row in told:
        for kind in row.edits or ("not named",):
            if not row.truth:
                counts[f"{row.domain}: {kind}"].append(not row.answer)
    return {kind: (sum(found), len(found)) for kind, found in counts.items()}


def _line(told: Accuracy) -> str:
    low, high = told.specificity_interval
    ends = f" ({told.interval[0]:.2f}-{told.interval[1]:.2f})" if told.interval else ""
    return (
        f"{told.documents:3} documents {told.rows:4} summaries  balanced accuracy {told.balanced:.3f}{ends}  "
        f"found {told.recall:.3f}  specificity {told.specificity:.3f} ({low:.2f}-{high:.2f})"
    )


if __name__ == "__main__":
    main()
