"""Marks of the verifier's rules: on the demo's texts, and on public sets where they are there.

`python -m benchmarks.verifier [SHARED_DATA_DIR]`. Of the demo's mails, answers and summaries it counts the sentences
that the check *contradictions* marks and the claims that are not supported; none has a fault. Of public sets it counts
the texts without a fault that are not marked (specificity) and those with one that are (recall), as
`check_claims --rules` answers. Last line: JSON.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.data import handwritten_drafts
from demo.data.offer import OFFER
from demo.data.prospects import generate
from demo.data.research_summary import RESEARCH_SUMMARY
from demo.data.support_answer import SUPPORT_ANSWER
from review.spec.starters import outreach
from review.spec.task_spec import Check, Offer, TaskSpec
from review.text import checks
from review.text.grounding.sentence_support import sentence_support
from review.text.verification.rules import verify

_MAILS = outreach.SPEC.model_copy(update={"offer": Offer.model_validate(OFFER)})


def desk() -> dict[str, dict[str, int]]:
    """Count marks on the demo's texts without a fault, by task."""
    prospects = {facts["company"]: facts for facts in generate.prospects(60)}
    faults = handwritten_drafts.faults()
    counts: dict[str, Counter[str]] = {}
    for draft in handwritten_drafts.hand_drafts():
        if draft["company"] in prospects and draft["company"] not in faults:
            _count(counts.setdefault("mails", Counter()), _MAILS, prospects[draft["company"]], draft)
    for task in (SUPPORT_ANSWER, RESEARCH_SUMMARY):
        for record in task.records():
            _count(counts.setdefault(task.slug, Counter()), task.spec, record.facts, record.fields)
    return {name: dict(count) for name, count in counts.items()}


def _count(count: Counter[str], spec: TaskSpec, facts: dict[str, Any], fields: dict[str, Any]) -> None:
    marked = checks.run(spec.model_copy(update={"checks": (Check(kind="contradictions"),)}), facts, fields)
    support = sentence_support(spec, facts, fields)
    count["texts"] += 1
    count["contradictions"] += len(marked)
    count["claims"] += support.claims if support else 0
    count["unsupported"] += len(support.unsupported) if support else 0


def public(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Yield set, passage, text and whether the text is without a fault."""
    for row in _rows(folder / "verify/summedits_sales_dev.jsonl.gz"):
        yield f"SummEdits {row['domain']}", row["doc"], row["summary"], row["label"] == 1
    for row in _rows(folder / "human_edits/defacto_train_val.jsonl.gz"):
        yield "DeFacto", row["article"], row["candidate"], not row["has_error"]
        if row["has_error"] and (mended := (row["feedback"].get("summary") or "").strip()):
            yield "DeFacto, mended", row["article"], mended, True
    for row in _rows(folder / "agreement/qags_mturk.jsonl.gz"):
        for sentence in row["summary_sentences"]:
            votes = [answer["response"] == "yes" for answer in sentence["responses"]]
            yield f"QAGS {row['subset']}", row["article"], sentence["sentence"], 2 * sum(votes) > len(votes)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main(folder: Path | None) -> None:
    figures: dict[str, Any] = {"desk": desk()}
    if folder:
        tallies: dict[str, Counter[tuple[bool, bool]]] = {}
        start, texts = time.process_time(), 0
        for name, passage, text, is_true in public(folder):
            tallies.setdefault(name, Counter())[is_true, verify(passage, text).supported] += 1
            texts += 1
        figures["ms_a_claim"] = round(1000 * (time.process_time() - start) / texts, 2)
        figures["sets"] = {
            name: {
                "true": tally[True, True] + tally[True, False],
                "specificity": _share(tally[True, True], tally[True, False]),
                "faulty": tally[False, True] + tally[False, False],
                "recall": _share(tally[False, False], tally[False, True]),
            }
            for name, tally in tallies.items()
        }  # fmt: skip
    print(json.dumps(figures))


def _share(part: int, rest: int) -> float | None:
    return round(part / (part + rest), 3) if part + rest else None


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
