"""Scores against what an expert let stand: chrF and ROUGE-L, by the libraries the field uses."""

from __future__ import annotations

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics.chrf import CHRF

from evaluation.metrics.words import words


class AnyScriptTokenizer(Tokenizer):  # type: ignore[misc]  # rouge-score has no types
    """The package's own tokenizer knows the letters a to z alone; this one agrees with it on them and reads the rest."""

    def tokenize(self, text: str) -> list[str]:
        """Words of a text."""
        return words(text)


class ReferenceScorer:
    """Both scorers, made once."""

    def __init__(self) -> None:
        self._chrf = CHRF()
        self._rouge = RougeScorer(["rougeL"], tokenizer=AnyScriptTokenizer())

    def scores(self, text: str, gold: str) -> dict[str, float]:
        """`chrf` (Popović 2015, 0 to 100, order 6, beta 2) and `rouge_l` (Lin 2004, F1, 0 to 1)."""
        return {
            "chrf": float(self._chrf.sentence_score(text, [gold]).score),
            "rouge_l": float(self._rouge.score(gold, text)["rougeL"].fmeasure),
        }
