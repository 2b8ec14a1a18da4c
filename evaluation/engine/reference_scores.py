"""Scores against what an expert let stand: values by equality, prose by chrF and ROUGE-L from the field's libraries."""

from __future__ import annotations

from typing import Any

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics.chrf import CHRF

from evaluation.metrics import reference_free, typed
from evaluation.metrics.words import words
from review.spec import prompting
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec


class AnyScriptTokenizer(Tokenizer):  # type: ignore[misc]  # rouge-score has no types
    """The package's own tokenizer knows the letters a to z alone; this one agrees on them and reads the rest."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


class ReferenceScorer:
    def __init__(self) -> None:
        self._chrf = CHRF()
        self._rouge = RougeScorer(["rougeL"], tokenizer=AnyScriptTokenizer())

    def scored(
        self, task: TaskSpec, facts: Facts, fields: Fields | None, text: str, gold: str | None
    ) -> tuple[dict[str, float], list[dict[str, Any]]]:
        """All scores of one output and the marks of the checks.

        Args:
            fields: The output; None where it had not the task's shape.
            text: The output as it was written; empty where nothing was.
            gold: What an expert let stand, as a completion; None where nobody did.
        """
        scores, marks = reference_free.scores(task, facts, fields, text)
        if gold is None:
            return scores, marks
        prose = self.scores(text, gold) if reference_free.has_prose(task) else {}
        expected = prompting.parse(task, gold)
        values = typed.scores(task, fields, expected) | typed.quote_scores(task, facts, fields, expected)
        return {**scores, **prose, **values}, marks

    def scores(self, text: str, gold: str) -> dict[str, float]:
        """`chrf` (Popović 2015, 0 to 100, order 6, beta 2) and `rouge_l` (Lin 2004, F1, 0 to 1).

        Empty where nothing was written.
        """
        if not text:
            return {}
        return {
            "chrf": float(self._chrf.sentence_score(text, [gold]).score),
            "rouge_l": float(self._rouge.score(gold, text)["rougeL"].fmeasure),
        }
