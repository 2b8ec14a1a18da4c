"""Grammars for llama.cpp: the same texts as ours, and a reason where there are no words for one."""

from __future__ import annotations

import pytest

from serving.backends.llama.gbnf import MOST_REPEATS, NoGbnfError, gbnf
from tests.serving.tiny import LABEL_TASK
from training.engine.grammar.json_form import json_grammar
from training.engine.grammar.task_grammar import task_grammar


def of_text(**limits):
    schema = {"type": "object", "properties": {"a": {"type": "string", **limits}}, "required": ["a"]}
    return gbnf(json_grammar(schema))


def test_labels_are_the_whole_answer():
    assert gbnf(task_grammar(LABEL_TASK)).splitlines() == [
        "answer ::= r0", 'r0 ::= "refund" | "not a refund"', "root ::= answer"
    ]  # fmt: skip


def test_layout_is_that_of_our_own_engine():
    grammar = of_text(enum=["x"])

    assert r'"{\n " "\"a\": " r0 "\n}"' in grammar


def test_an_answer_after_thinking_begins_with_the_tag_that_ends_it():
    assert gbnf(task_grammar(LABEL_TASK), opened="</think>").splitlines()[-1] == 'root ::= "</think>" answer'


def test_long_texts_go_in_steps_that_llama_cpp_takes():
    grammar = of_text(maxLength=2500)
    repeats = [int(part.partition("}")[0].rpartition(",")[2]) for part in grammar.split("{")[1:] if part[0].isdigit()]

    assert max(repeats) == MOST_REPEATS
    assert sum(repeat == MOST_REPEATS - 1 for repeat in repeats) == 2


def test_an_anchored_pattern_is_held_and_cannot_break_out_of_its_quotes():
    grammar = of_text(pattern=r"^[A-Z]{2}-\d+[^;]$")

    assert '"\\"" (' in grammar
    assert r"[^\x3B\"\\\x00-\x1F" in grammar


@pytest.mark.parametrize(
    "limits",
    [{"pattern": "[A-Z]"}, {"format": "email"}, {"pattern": "^[A-Z]+$", "maxLength": 3}, {"pattern": r'^["a]+$'}],
)
def test_what_gbnf_has_no_words_for_is_refused(limits):
    with pytest.raises(NoGbnfError):
        of_text(**limits)


def test_a_rule_that_cannot_be_read_is_refused():
    with pytest.raises(NoGbnfError, match="a rule reads ' <end>'"):
        gbnf('start: "a" <end>')
