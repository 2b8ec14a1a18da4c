"""Scores that need no reference: what the task's own checks say of an output, and which facts it uses.

Reads through `review.text.checks`, so that an output is judged as a draft on the desk is.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from review.spec import prompting
from review.spec.schema import Facts, Fields, OutputItem
from review.spec.task_spec import TaskSpec
from review.text import checks
from review.text.checks.evidence import plain_texts
from review.text.grounding.sentence_support import sentence_support

# These read the shape itself; every other check can be told of the text alone.
# A fact shorter than this (a size of 40, a country of two letters) stands in a text by accident too easily.
MIN_FACT_CHARS = 3
UNSUPPORTED = "unsupported_sentences"
NONWORDS, WORDS_OF_RATE = "nonwords_per_200", 200


def scores(
    spec: TaskSpec, facts: Facts, fields: Fields | None, text: str = ""
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Score one output without a reference.

    Args:
        fields: The output, or None when it had not the task's shape.
        text: What was written, for an output without shape; empty where nothing was.

    Returns:
        Scores by name, and the marks of the checks. `has_shape`, `passes_all` and `passes_<check>` and
        `passes_field_<field>` are 0 or 1; `facts_right` counts values of facts that the text names, `facts_wrong`
        numbers and names that stand neither in the facts nor in the offer; `words` is the length;
        `unsupported_sentences` is the share, 0 to 1, of its sentences which claim something that the record does not
        support by the verifier's rules, absent where none claims anything or the task is not in English;
        `nonwords_per_200` non-words in 200 words, absent without words or in a language without a list.
        An output without shape passes neither all, nor a field, nor a check of the shape; what can be told of its text
        is told, so that no mean is over the outputs with shape alone. Where nothing was written nothing is passed. A
        check of a package that gave no answer has no score.
    """
    kinds = [check.kind for check in spec.checks]
    names = [field.name for field in spec.output_schema]
    passes = [f"passes_{kind}" for kind in kinds] + [f"passes_field_{name}" for name in names]
    if fields is None:
        none = {"has_shape": 0.0, "passes_all": 0.0, **dict.fromkeys(passes, 0.0)}
        return {**none, **(_text_scores(spec, facts, text) if has_prose(spec) else {})}, []
    marks, unanswered = checks.read(spec, facts, fields)
    by_check, by_field = Counter(mark.check for mark in marks), Counter(mark.field.split(".")[0] for mark in marks)
    text = prompting.completion(spec, fields)
    of_text = {
        "facts_right": float(facts_used(facts, text)),
        "facts_wrong": float(by_check["unsupported"]),
        "words": float(len(text.split())),
    }
    return {
        "has_shape": 1.0,
        "passes_all": float(not marks),
        **{f"passes_{kind}": float(not by_check[kind]) for kind in kinds if kind not in unanswered},
        **{f"passes_field_{name}": float(not by_field[name]) for name in names},
        **({**of_text, **_of_sentences(spec, facts, fields)} if has_prose(spec) else {}),
    }, [mark.as_json() for mark in marks]


def has_prose(spec: TaskSpec) -> bool:
    """Return whether texts are written, beside or in place of labels, numbers and days."""
    return any(_is_prose(field) for field in spec.output_schema)


def _is_prose(item: OutputItem) -> bool:
    return item.value_type.is_prose or (item.type == "list" and not item.items) or any(map(_is_prose, item.items))


def is_share(metric: str) -> bool:
    """Return whether a metric is 0 or 1 of each output, so that its mean is a share."""
    return metric == "has_shape" or metric.startswith("passes_")


def _text_scores(spec: TaskSpec, facts: Facts, text: str) -> dict[str, float]:
    """Scores without the task's shape: shape-free checks, facts and length."""
    if not text.strip():
        return {"facts_right": 0.0, "facts_wrong": 0.0, "words": 0.0}
    fields = _as_fields(spec, text)
    marks, unanswered = checks.read(spec, facts, fields)
    marked = Counter(mark.check for mark in marks)
    return {
        **{
            f"passes_{check.kind}": float(not marked[check.kind])
            for check in spec.checks
            if check.kind not in checks.SHAPE_CHECKS and check.kind not in unanswered
        },
        "facts_right": float(facts_used(facts, text)),
        "facts_wrong": float(marked["unsupported"]),
        "words": float(len(text.split())),
        **_of_sentences(spec, facts, fields),
    }


def _of_sentences(spec: TaskSpec, facts: Facts, fields: Fields) -> dict[str, float]:
    support = sentence_support(spec, facts, fields)
    share = {UNSUPPORTED: len(support.unsupported) / support.claims} if support and support.claims else {}
    return {**share, **_nonwords(spec, facts, fields)}


def _nonwords(spec: TaskSpec, facts: Facts, fields: Fields) -> dict[str, float]:
    words, wrong = checks.spelled(spec, facts, fields) or (0, 0)
    return {NONWORDS: WORDS_OF_RATE * wrong / words} if words else {}


def _as_fields(spec: TaskSpec, text: str) -> Fields:
    texts = [field for field in spec.output_schema if field.type == "text"]
    body = next((field for field in texts if field.role == "body"), texts[0] if texts else None)
    if body is not None:
        return {body.name: text}
    held = next((field for field in spec.output_schema if field.type == "list"), None)
    if held is None:
        return {}
    return {held.name: [{held.items[0].name: text} if held.items else text]}


def facts_used(facts: Facts, text: str) -> int:
    """Return how many facts have a value that the text names, case aside."""
    folded = text.casefold()
    return sum(
        any(len(value) >= MIN_FACT_CHARS and value.casefold() in folded for value in plain_texts(fact))
        for fact in facts.values()
    )
