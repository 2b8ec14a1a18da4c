"""Conversations that a chat template wrote into one text are read as turns; other texts stay texts."""

from __future__ import annotations

from typing import Any

import pytest

from review.sources.imports.logs.reading import shapes_in
from tests.review.imports.logs.test_vendors import Lines, exchanges
from tests.review.imports.logs.vendors import ASKED, BEDROCK, RULE, SAID, turns

TEXTS = {
    "ChatML": f"<|im_start|>system\n{RULE}<|im_end|>\n<|im_start|>user\n{ASKED}<|im_end|>\n"
    f"<|im_start|>assistant\n{SAID}<|im_end|>\n",
    "Phi 4": f"<|im_start|>system<|im_sep|>{RULE}<|im_end|><|im_start|>user<|im_sep|>{ASKED}<|im_end|>"
    f"<|im_start|>assistant<|im_sep|>{SAID}<|im_end|><|endoftext|>",
    "Llama 2": f"<s>[INST] <<SYS>>\n{RULE}\n<</SYS>>\n\n{ASKED} [/INST] {SAID} </s>",
    "Mistral": f"<s>[SYSTEM_PROMPT]{RULE}[/SYSTEM_PROMPT][INST]{ASKED}[/INST]{SAID}</s>",
    "Llama 3": f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{RULE}<|eot_id|>"
    f"<|start_header_id|>user<|end_header_id|>\n\n{ASKED}<|eot_id|>"
    f"<|start_header_id|>assistant<|end_header_id|>\n\n{SAID}<|eot_id|>",
    "Zephyr": f"<|system|>\n{RULE}</s>\n<|user|>\n{ASKED}</s>\n<|assistant|>\n{SAID}</s>",
    "Phi 3": f"<|system|>\n{RULE}<|end|>\n<|user|>\n{ASKED}<|end|>\n<|assistant|>\n{SAID}<|end|>\n<|endoftext|>",
    "Alpaca": f"{RULE}\n\n### Instruction:\n{ASKED}\n\n### Response:\n{SAID}",
    "Guanaco": f"{RULE}### Human: {ASKED}### Assistant: {SAID}",
}
PLAIN = {
    "a prompt alone": {"text": f"<|im_start|>user\n{ASKED}<|im_end|>\n<|im_start|>assistant\n"},
    "a conversation with a label": {"text": f"Human: {ASKED}\n\nAssistant: {SAID}", "label": "safe"},
    "a heading inside": {"text": "Notes\n\n### Input: two valves\n\nNothing else."},
    "a mark inside": {"text": "The token <|im_start|>user\nopens a turn of <|im_start|>assistant\nin ChatML."},
}


def spoken(line: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str]]:
    (exchange,) = exchanges(line)
    return [(turn.role, turn.content) for turn in exchange.asked], [answer.text for answer in exchange.answers]


@pytest.mark.parametrize("template", TEXTS)
def test_a_text_of_a_template_is_read_as_its_turns(template: str) -> None:
    assert spoken({"id": 7, "text": TEXTS[template]}) == ([("system", RULE), ("user", ASKED)], [SAID])


def test_a_template_without_a_system_turn_has_none() -> None:
    text = f"<bos><start_of_turn>user\n{ASKED}<end_of_turn>\n<start_of_turn>model\n{SAID}<end_of_turn>\n"

    assert spoken({"text": text}) == ([("user", ASKED)], [SAID])


def test_an_input_stands_below_its_instruction() -> None:
    text = f"### Instruction:\n{RULE}\n\n### Input:\n{ASKED}\n\n### Response:\n{SAID}</s>"

    assert spoken({"text": text}) == ([("user", f"{RULE}\n{ASKED}")], [SAID])


def test_earlier_turns_stay_in_the_question() -> None:
    text = f"<s>[INST] Hello [/INST] Hi! </s><s>[INST] {ASKED} [/INST] {SAID} </s>"

    assert spoken({"text": text}) == ([("user", "Hello"), ("assistant", "Hi!"), ("user", ASKED)], [SAID])


def test_a_prompt_with_its_completion_is_an_exchange() -> None:
    prompt = TEXTS["Llama 3"].partition(SAID)[0]

    assert spoken({"prompt": prompt, "completion": f"{SAID}<|eot_id|>"}) == (
        [("system", RULE), ("user", ASKED)],
        [SAID],
    )
    bedrock = {
        **BEDROCK,
        "input": {"inputBodyJson": {"prompt": prompt}},
        "output": {"outputBodyJson": {"generation": SAID}},
    }
    assert spoken(bedrock) == ([("system", RULE), ("user", ASKED)], [SAID])


@pytest.mark.parametrize("line", [
    {"chosen": f"\n\nHuman: {ASKED}\n\nAssistant: {SAID}", "rejected": f"\n\nHuman: {ASKED}\n\nAssistant: No."},
    {"chosen": turns(("user", ASKED), ("assistant", SAID)), "rejected": turns(("user", ASKED), ("assistant", "No."))},
    {"prompt": turns(("user", ASKED)), "chosen": turns(("assistant", SAID)), "rejected": turns(("assistant", "No."))},
])  # fmt: skip
def test_two_conversations_that_were_compared_are_one_question_with_two_answers(line: dict[str, Any]) -> None:
    (exchange,) = exchanges(line)

    assert [(turn.role, turn.content) for turn in exchange.asked] == [("user", ASKED)]
    assert [(each.text, each.preference) for each in exchange.answers] == [
        (SAID, "preferred"),
        ("No.", "not preferred"),
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_other_texts_are_no_log(name: str) -> None:
    assert shapes_in(Lines((PLAIN[name],))) == []


@pytest.mark.parametrize("name", [
    "intent", "Sentiment", "user intent", "topic", "spam", "flagged", "is_toxic", "labels", "category_id", "summary",
])  # fmt: skip
def test_a_conversation_beside_its_label_is_no_log(name: str) -> None:
    row = {"id": "1", "transcript": f"Human: {ASKED}\n\nAssistant: {SAID}"}

    assert shapes_in(Lines(({**row, name: "1"},))) == []
    assert shapes_in(Lines(({**row, "source": "mail", "response_time": 3},)))
