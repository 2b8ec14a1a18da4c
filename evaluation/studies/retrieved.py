"""Studies of a miniature that vets retrieved passages: each claim is held against passages that a search finds, not its own.

Answers of the rules follow from claims and passages alone. So they stand in the record with the rule, and only the miniature has cells.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from evaluation.evaluations import inputs
from evaluation.metrics import typed
from evaluation.studies import arm_sentences, arms, queries, record
from evaluation.studies.design import BY_RULES, ONE_ANSWER
from evaluation.studies.number_wording import percent
from evaluation.studies.results import CellResult
from review.models import DatasetVersion
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.text.search.words import folded
from review.text.verification import rules
from review.text.verification.claim_task import CLAIM, PASSAGE, SUPPORTED, is_claim_task
from web.errors import Refusal

# Best passages that a claim is held against.
PASSAGES: Final = 3
_ALL: Final = 1_000_000


class RetrievedRecord(NamedTuple):
    """A record whose passage is what the search found, and whether a part of its own passage is among that."""

    record: dict[str, Any]
    is_found: bool


class Retrieval(NamedTuple):
    """Parts of a registration: `scoring` stands in every cell's plan, `rule` in the decision rule."""

    scoring: Mapping[str, Any] = {}
    rule: Mapping[str, Any] = {}


def plan_retrieval(version: DatasetVersion, spec: TaskSpec, record_ids: Sequence[str]) -> Retrieval:
    """Search for every claim that is scored, and answer it by the rules.

    Raises:
        Refusal: `no_claim_task`, the task asks for something else; `bad_study`, its claims are of one kind.
    """
    if not is_claim_task(spec) or [field.name for field in typed.value_fields(spec)] != [SUPPORTED]:
        message = "This task does not decide whether a passage supports a claim."
        hint = "It needs the facts 'claim' and 'passage', a yes or no called 'supported', and no other value."
        raise Refusal("no_claim_task", message, hint=hint, errors={"dataset_version": [message]})
    golds = inputs.golds_of(version, record_ids, split=Split.VALIDATION)
    truths = {gold["record"]: bool(prompting.parse(spec, gold["completion"]).get(SUPPORTED)) for gold in golds}
    if len(set(truths.values())) < 2:
        message = "All validation claims of this version are of one kind."
        hint = "Freeze a version with supported claims and others."
        raise Refusal("bad_study", message, hint=hint, status=400, errors={"dataset_version": [message]})
    retrieved = search(version, record_ids)
    answers = {
        each.record["id"]: rules.verify(each.record["facts"][PASSAGE], each.record["facts"][CLAIM]).supported
        for each in retrieved
    }
    usual = 2 * sum(truths.values()) >= len(truths)
    return Retrieval(
        {"passages_sha256": _hash_of(retrieved)},
        {
            "passages": PASSAGES,
            "found": sum(each.is_found for each in retrieved) / len(retrieved),
            "fixed": {
                BY_RULES: {name: float(answers[name] is truth) for name, truth in truths.items()},
                ONE_ANSWER: {name: float(truth is usual) for name, truth in truths.items()},
            },
        },
    )


def search(version: DatasetVersion, record_ids: Sequence[str]) -> list[RetrievedRecord]:
    """Hold claims against what a search finds among the passages of all validation records."""
    pool = inputs.facts_of(queries.validation_records(version, limit=_ALL))
    # Claims about the same passage bring it once.
    owners = dict.fromkeys(str(each["facts"].get(PASSAGE, "")) for each in pool)
    passages = [(owner, passage) for owner in owners for passage in cut(owner)]
    index = PassageIndex(passage for _, passage in passages)
    retrieved = []
    for each in inputs.facts_of(record_ids):
        best = [passages[place] for place in index.find(str(each["facts"].get(CLAIM, "")), PASSAGES)]
        facts = {**each["facts"], PASSAGE: "\n".join(passage for _, passage in best)}
        is_found = each["facts"].get(PASSAGE) in {owner for owner, _ in best}
        retrieved.append(RetrievedRecord({**each, "facts": facts}, is_found))
    return retrieved


def records_of(version: DatasetVersion, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records that a cell is scored on, with the passages that were registered.

    Raises:
        Refusal: `records_gone`, the search finds other passages now.
    """
    retrieved = search(version, plan["scored"])
    if _hash_of(retrieved) != plan["passages_sha256"]:
        message = "Validation records have changed: the search finds other passages than those that were registered."
        raise Refusal("records_gone", message, hint="Register the study again: it will search those that are there.")
    return [each.record for each in retrieved]


def conclude_retrieval(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict on finished cells under the rule that was registered.

    Args:
        cells: Those of the miniature.
        rule: As of other comparisons of arms; `fixed` has the scores of arms without cells, `found` the share of claims whose
            own passage was found, `passages` how many were.
    """
    fixed = [CellResult(arm, 0, 0, rule["fixed"][arm], {}) for arm in (BY_RULES, ONE_ANSWER)]
    body = arms.conclude([*cells, *fixed], rule, arm_sentences.of_retrieval, told_from=0)
    line = f"The best {rule['passages']} passages held a part of the claim's own for {percent(rule['found'])} of the claims."
    return {**body, "findings": [*body["findings"], line], "found": rule["found"]}


def _hash_of(retrieved: Sequence[RetrievedRecord]) -> str:
    return record.sha256_of(prompting.canonical_json([[each.record["id"], each.record["facts"]] for each in retrieved]))


SENTENCES: Final = 3
_K1, _B = 1.2, 0.75
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")


def cut(text: str) -> list[str]:
    """Cut a text into passages of three sentences each, in its order."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
    return [" ".join(sentences[start : start + SENTENCES]) for start in range(0, len(sentences), SENTENCES)]


class PassageIndex:
    def __init__(self, passages: Iterable[str]) -> None:
        counts = [Counter(folded(passage)) for passage in passages]
        mean = sum(words.total() for words in counts) / len(counts) if counts else 1.0
        self._lengths = [_K1 * (1 - _B + _B * words.total() / mean) for words in counts]
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, words in enumerate(counts):
            for word, count in words.items():
                self._places[word].append((place, count))

    def find(self, claim: str, limit: int) -> list[int]:
        """Return the places of the best passages for a claim, best first; passages that share no word with it are none."""
        scores: dict[int, float] = defaultdict(float)
        # Sorted, so that sums and with them ties come out alike in every process.
        for word in sorted(set(folded(claim))):
            places = self._places.get(word, [])
            rarity = math.log(1 + (len(self._lengths) - len(places) + 0.5) / (len(places) + 0.5))
            for place, count in places:
                scores[place] += rarity * count * (_K1 + 1) / (count + self._lengths[place])
        return sorted(scores, key=lambda place: (-scores[place], place))[:limit]
