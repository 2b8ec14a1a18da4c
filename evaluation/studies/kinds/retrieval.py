"""A miniature that vets retrieved passages against rules and one answer to all."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from evaluation.evaluations import inputs
from evaluation.metrics import typed
from evaluation.states import StudyMetric
from evaluation.studies import arms, queries, record
from evaluation.studies.arm_sentences import ArmComparison, either
from evaluation.studies.design import StudyArm
from evaluation.studies.kinds.base import USUAL, Kind, Retrieval
from evaluation.studies.kinds.router import SCORED
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

# The last two have no cells, and their answers are in the registration.
MINIATURE, BY_RULES, ONE_ANSWER = "Miniature", "Rules", "One answer to all"

# Number of best passages that a claim is checked against.
PASSAGES: Final = 3
_ALL: Final = 1_000_000


class RetrievedRecord(NamedTuple):
    """Record with the passages that the search found, and whether a part of its own passage is among them."""

    record: dict[str, Any]
    is_found: bool


def plan_retrieval(version: DatasetVersion, spec: TaskSpec, record_ids: Sequence[str]) -> Retrieval:
    """Search passages for every scored claim, and answer it by the rules.

    Raises:
        Refusal: `no_claim_task`, the task has another output; `bad_study`, its claims are of one kind.
    """
    if not is_claim_task(spec) or [field.name for field in typed.value_fields(spec)] != [SUPPORTED]:
        message = "This task does not decide whether a passage supports a claim."
        hint = "It needs the facts 'claim' and 'passage', a yes or no called 'supported', and no other value."
        raise Refusal("no_claim_task", message, hint=hint, errors={"dataset_version": [message]})
    golds = inputs.golds_of(version, record_ids, split=Split.VALIDATION)
    # Of several golds of a record the first counts, as where cells are scored.
    truths = {
        gold["record"]: bool(prompting.parse(spec, gold["completion"]).get(SUPPORTED)) for gold in reversed(golds)
    }
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
    """Replace each claim's passage by those a search finds among the passages of all validation records."""
    pool = inputs.facts_of(queries.validation_records(version, limit=_ALL))
    # Claims about the same passage add it once.
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
    """Return the records that score a cell, with the registered passages.

    Raises:
        Refusal: `records_gone`, the search now finds other passages.
    """
    retrieved = search(version, plan["scored"])
    if _hash_of(retrieved) != plan["passages_sha256"]:
        message = "Validation records have changed: the search finds other passages than those that were registered."
        raise Refusal("records_gone", message, hint="Register the study again: it will search those that are there.")
    return [each.record for each in retrieved]


def conclude_retrieval(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict on finished cells under the registered rule.

    Args:
        cells: Cells of the miniature.
        rule: Rule of arms in order, and `fixed`, the scores of arms without cells; `found`, the share of claims whose
            own passage was found; `passages`, their number.
    """
    fixed = [CellResult(arm, 0, 0, rule["fixed"][arm], {}) for arm in (BY_RULES, ONE_ANSWER)]
    body = arms.conclude([*cells, *fixed], rule, _sentence, told_from=0)
    line = (
        f"The best {rule['passages']} passages held a part of the claim's own for {percent(rule['found'])} of the "
        "claims."
    )
    return {**body, "findings": [*body["findings"], line], "found": rule["found"]}


def _sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word a miniature against one answer to all claims and, once that is shown, against the rules."""
    comparison = comparisons[1] if comparisons[0].is_shown else comparisons[0]
    against = {BY_RULES: "the rules", ONE_ANSWER: "one answer to all claims"}[comparison.against]
    return either(
        arms=("with the miniature", f"with {against}"),
        nothing=f"with {against} no claim is right",
        better="A miniature vets retrieved passages better than the rules",
        worse=f"A miniature vets retrieved passages worse than {against}",
        open_=f"whether a miniature vets retrieved passages better than {against}",
    )([comparison], rule)


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
        """Return the indices of the best passages for a claim, best first, without those that share no word with it."""
        scores: dict[int, float] = defaultdict(float)
        # Sorted, so that sums and ties are the same in every process.
        for word in sorted(set(folded(claim))):
            places = self._places.get(word, [])
            rarity = math.log(1 + (len(self._lengths) - len(places) + 0.5) / (len(places) + 0.5))
            for place, count in places:
                scores[place] += rarity * count * (_K1 + 1) / (count + self._lengths[place])
        return sorted(scores, key=lambda place: (-scores[place], place))[:limit]


KIND = Kind(
    name="retrieval",
    question="Does a miniature tell supported claims from others by the passages a search finds?",
    axis="Answers",
    arms=lambda grid: (StudyArm(MINIATURE, grid.lora_of(grid.inputs.students[0])),),
    small_seeds=(1, 2, 3),
    metric=StudyMetric.RIGHT,
    scored_records=SCORED,
    # Rules have no seeds; retrieved passages are not those of the records.
    sides=1,
    tells_scatter=False,
    retrieve=plan_retrieval,
    conclude=lambda cells, rule, record: conclude_retrieval(cells, rule),
    gain="A miniature that is truly right on {gain} more claims is shown to be",
    rule={
        **USUAL,
        "text": (
            "Each validation claim is checked against the three best passages that a search finds among those of all "
            "validation records. Tested in this order: is a larger share of claims right with the miniature than "
            "with the single answer that is most often right (the 95 % interval of the share that is lost, "
            "paired by record, averaged over seeds, ends below zero)? Is it larger than with the rules? We stop at the "
            "first comparison that is not shown, or whose seeds differ by more than 20 points (unstable). So at most "
            "2.5 % of such studies call a miniature better that is not."
        ),
        "comparisons": [[MINIATURE, ONE_ANSWER], [MINIATURE, BY_RULES]],
        "tolerance": 0.0,
        "gain": 0.1,
        "draws": 20_000,
    },
)
