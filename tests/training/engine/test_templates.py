"""Chat templates in the ways of the families in use: the same prompt on every day, and no thinking in an answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from tests.training.engine import chats
from training.engine.contracts import NO_DAY, Ways
from training.engine.data import chat as chatting
from training.engine.data.chat import Chat, open_chat
from training.engine.data.token_cache import key_of

ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "company: Ostra"}]
ANSWER = [{"role": "assistant", "content": "Ostra ships."}]
ALL = {
    name: template
    for name, template in vars(chats).items()
    if name.isupper() and isinstance(template, str)
}  # fmt: skip


def learnt(chat: Chat) -> str:
    """What is supervised of an example."""
    ids, prompt = chat.encode(ASKED, ANSWER)
    return str(chat.tokenizer.decode(ids[prompt:]))


@pytest.mark.parametrize("name", ALL)
def test_only_the_answer_is_learnt_and_behind_the_very_prompt_that_is_served(name):
    chat = open_chat(chats.make_chatty(ALL[name], begins=True))

    ids, prompt = chat.encode(ASKED, ANSWER)

    assert ids[:prompt] == chat.prompt_ids(ASKED)
    assert learnt(chat).strip() == "Ostra ships.<|end|>"
    assert "Be brief." in chat.tokenizer.decode(ids[:prompt])


@pytest.mark.parametrize("name", ALL)
def test_a_template_that_was_kept_reads_as_the_one_it_came_from(name, tmp_path: Path):
    ways = Ways(day=date(2026, 3, 1))
    chat = open_chat(chats.make_chatty(ALL[name], begins=True), ways)
    chat.tokenizer.save_pretrained(tmp_path)

    again = open_chat(AutoTokenizer.from_pretrained(tmp_path), Ways(day=date(2030, 1, 1)))

    assert again.encode(ASKED, ANSWER) == chat.encode(ASKED, ANSWER)


def test_the_empty_thinking_that_a_switch_adds_is_prompt():
    chat = open_chat(chats.make_chatty(chats.SWITCHED))

    assert chat.tokenizer.decode(chat.prompt_ids(ASKED)).endswith("<|assistant|>\n<think>\n\n</think>\n\n")


def test_thinking_that_a_template_always_opens_is_closed_again():
    chat = open_chat(chats.make_chatty(chats.ALWAYS))

    assert chat.tokenizer.decode(chat.prompt_ids(ASKED)).endswith("<|assistant|><think>\n\n</think>\n\n")


def test_a_student_that_thinks_is_given_room_to_and_its_thinking_is_left_out():
    chat = open_chat(chats.make_chatty(chats.ALWAYS), Ways(thinks=True))

    assert chat.tokenizer.decode(chat.prompt_ids(ASKED)).endswith("<|assistant|><think>\n")
    assert chat.text(chat.tokenizer("So, a mail.\n</think>\n\nHello")["input_ids"]) == "Hello"


def test_an_answer_is_read_without_thinking_where_its_tags_are_special_tokens_too():
    chat = open_chat(chats.make_chatty(chats.SWITCHED, special_tags=True))

    assert chat.text(chat.tokenizer("[THINK]So?[/THINK]Hello<|end|>")["input_ids"]) == "Hello"


def test_a_template_that_asks_the_clock_is_told_the_day_of_the_run():
    chat = open_chat(chats.make_chatty(chats.DATED), Ways(day=date(2026, 3, 1)))

    assert "Today Date: 01 Mar 2026\n" in chat.tokenizer.decode(chat.prompt_ids(ASKED))
    assert "strftime_now" not in chat.tokenizer.chat_template


def test_a_template_that_works_its_format_out_is_told_the_same_day():
    template = chats.DATED.replace("strftime_now('%d %b %Y')", "strftime_now('%d ' ~ '%b %Y')")

    chat = open_chat(chats.make_chatty(template), Ways(day=date(2026, 3, 1)))

    assert "Today Date: 01 Mar 2026\n" in chat.tokenizer.decode(chat.prompt_ids(ASKED))


def test_without_a_day_no_prompt_depends_on_the_clock():
    chat = open_chat(chats.make_chatty(chats.DATED))

    assert NO_DAY.strftime("%d %b %Y") in chat.tokenizer.decode(chat.prompt_ids(ASKED))


def test_tokens_are_kept_apart_by_day_and_by_thinking(tmp_path: Path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}")
    ways = [Ways(), Ways(day=date(2026, 3, 1)), Ways(thinks=True)]

    keys = {key_of(rows, open_chat(chats.make_chatty(chats.DATED), way), max_rows=None) for way in ways}

    assert len(keys) == 3


@pytest.mark.parametrize("template", [chats.SYSTEM_LAST, chats.NO_SYSTEM])
def test_a_system_turn_without_a_place_opens_the_first_turn_of_every_conversation(template):
    chat = open_chat(chats.make_chatty(template))
    more = [*ASKED, *ANSWER, {"role": "user", "content": "Another."}]

    first, second = chat.tokenizer.decode(chat.prompt_ids(ASKED)), chat.tokenizer.decode(chat.prompt_ids(more))

    assert "Be brief.\n\ncompany: Ostra" in first
    assert second.count("Be brief.") == 1
    assert second.index("Be brief.") < second.index("Another.")


def test_a_system_turn_alone_is_asked_as_a_question():
    chat = open_chat(chats.make_chatty(chats.NO_SYSTEM))

    assert chat.tokenizer.decode(chat.prompt_ids(ASKED[:1])) == "<|user|>\nBe brief.<|end|>\n<|assistant|>\n"


def test_a_plain_template_stays_as_it_is():
    tokenizer = chats.make_chatty(chatting.PLAIN_TEMPLATE)

    assert open_chat(tokenizer).tokenizer.chat_template == chatting.PLAIN_TEMPLATE
