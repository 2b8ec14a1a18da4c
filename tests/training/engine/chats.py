"""Chat templates in the ways of the families in use, each written anew, with the tokens they need."""

from __future__ import annotations

from typing import Any, Final

from tokenizers.processors import TemplateProcessing

from tests.training.engine.conftest import make_tokenizer

# A switch that adds an empty block to the prompt, and the same block before the last answer of a conversation.
SWITCHED: Final = (
    "{%- for turn in messages -%}"
    "{{- '<|' + turn.role + '|>\n' -}}"
    "{%- if turn.role == 'assistant' and loop.last -%}{{- '<think>\n\n</think>\n\n' -}}{%- endif -%}"
    "{{- turn.content + '<|end|>\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}"
    "{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\n\n</think>\n\n' -}}{%- endif -%}"
    "{%- endif -%}"
)
# No switch: every answer begins with thinking, and past answers are written without.
ALWAYS: Final = (
    "{% for turn in messages %}<|{{ turn.role }}|>{% if turn.role == 'assistant' %}"
    "{{ turn.content.split('</think>')[-1] }}{% else %}{{ turn.content }}{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)
# The answer goes to a channel of its own.
CHANNEL: Final = (
    "{% for turn in messages %}<|{{ turn.role }}|>{% if turn.role == 'assistant' %}<|pad|>final:{% endif %}"
    "{{ turn.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
# The date stands in the system turn, from the clock where there is one.
DATED: Final = (
    "{%- if date_string is not defined -%}"
    "{%- if strftime_now is defined -%}{%- set date_string = strftime_now('%d %b %Y') -%}"
    "{%- else -%}{%- set date_string = '01 Jan 2020' -%}{%- endif -%}{%- endif -%}"
    "{{- '<|system|>\nToday Date: ' + date_string + '\n' -}}"
    "{%- if messages[0].role == 'system' -%}{{- messages[0].content -}}{%- set messages = messages[1:] -%}{%- endif -%}"
    "{{- '<|end|>' -}}"
    "{%- for turn in messages -%}{{- '<|' + turn.role + '|>\n' + turn.content + '<|end|>' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- endif -%}"
)
# The system text opens the last turn of the user, and only where that is the last turn of all.
SYSTEM_LAST: Final = (
    "{{- bos_token or '' -}}"
    "{%- if messages[0].role == 'system' -%}{%- set rule = messages[0].content -%}{%- set turns = messages[1:] -%}"
    "{%- else -%}{%- set turns = messages -%}{%- endif -%}"
    "{%- for turn in turns -%}"
    "{%- if turn.role == 'user' -%}"
    "{%- if loop.last and rule is defined -%}{{- '[INST] ' + rule + '\n\n' + turn.content + '[/INST]' -}}"
    "{%- else -%}{{- '[INST] ' + turn.content + '[/INST]' -}}{%- endif -%}"
    "{%- else -%}{{- ' ' + turn.content + '<|end|>' -}}{%- endif -%}"
    "{%- endfor -%}"
)
# Turns of the user and the model only.
NO_SYSTEM: Final = (
    "{{ bos_token or '' }}{% if messages[0].role == 'system' %}{{ raise_exception('There is no system role') }}{% "
    "endif %}{% for turn in messages %}<|{{ 'assistant' if turn.role == 'assistant' else 'user' }}|>\n"
    "{{ turn.content | trim }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def make_chatty(template: str, *, begins: bool = False, special_tags: bool = False) -> Any:
    """A tokenizer whose tags of thinking are tokens, ordinary ones or special; `begins` gives it a first token."""
    tokenizer = make_tokenizer(template=template)
    tags = ["[THINK]", "[/THINK]"] if special_tags else ["<think>", "</think>"]
    tokenizer.add_tokens(tags, special_tokens=special_tags)
    if begins:
        tokenizer.add_special_tokens({"bos_token": "<|begin|>"})
        begin = tokenizer.bos_token_id
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A $B", special_tokens=[("<|begin|>", begin)]
        )
    return tokenizer
