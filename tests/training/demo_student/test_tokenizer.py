"""The tokenizer copies any spelling, splits digits and renders the chat as agreed."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from demo.student import tokenizer


@pytest.mark.parametrize("text", ["Brøndvik-Ålesund & 7 Sønner", "名前 — naïve €4.2", "  two  spaces\n\nlines\t", "🙂"])
def test_any_text_comes_back_as_it_was(small: Tokenizer, text: str) -> None:
    assert small.decode(small.encode(text).ids, skip_special_tokens=False) == text


def test_each_digit_is_a_token_of_its_own(small: Tokenizer) -> None:
    assert [token.strip("Ġ") for token in small.encode("20261").tokens] == list("20261")


def test_the_chat_template_equals_the_form_trained_on(small: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(small, tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)

    rendered = loaded.apply_chat_template(
        [{"role": "user", "content": "Write.\nkey: 1"}], add_generation_prompt=True, tokenize=False
    )

    assert rendered == tokenizer.chat("Write.\nkey: 1")
    assert loaded.eos_token == tokenizer.END
    assert loaded.pad_token == tokenizer.PAD
    assert small.encode(rendered).ids[0] == small.token_to_id(tokenizer.USER)


def test_a_whole_talk_renders_with_system_and_answer(small: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(small, tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    talk = [{"role": role, "content": role[0]} for role in ("system", "user", "assistant")]

    rendered = loaded.apply_chat_template(talk, tokenize=False)

    assert rendered == "<|system|>\ns<|end|>\n<|user|>\nu<|end|>\n<|assistant|>\na<|end|>\n"
