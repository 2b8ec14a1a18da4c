"""End of an answer, written for other programs: into the tokenizer's config and the generation config.

A student may end its texts by one token and its turns by another (Qwen's bases: `<|endoftext|>` and `<|im_end|>`).
Programs that read its own files would write on behind the end that it was tuned to.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Final

from transformers import GenerationConfig

from training.engine.data import chat_template
from training.engine.data.chat import Chat

GENERATION_FILE: Final = "generation_config.json"


def write_tokenizer(folder: Path, chat: Chat, generation: GenerationConfig) -> None:
    """Write a tokenizer with its template, and how a model generates; both end where the model was tuned to end.

    Args:
        folder: Of an adapter or of whole weights; files there are replaced.
        generation: The model's own ways of generating; left as they are.
    """
    tokenizer = copy.deepcopy(chat.tokenizer)
    if tokenizer.eos_token_id != chat.end_of_turn:
        # A template that writes the token by that name means the one it had.
        tokenizer.chat_template = chat_template.with_end(tokenizer.chat_template, str(tokenizer.eos_token))
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(chat.end_of_turn)
    tokenizer.save_pretrained(folder)
    config = copy.deepcopy(generation)
    config.eos_token_id = [chat.end_of_turn, *sorted(chat.stops - {chat.end_of_turn})]
    if config.pad_token_id is None:
        config.pad_token_id = chat.pad
    # Unlike `save_pretrained`, this takes a student's own ways as they are, however odd.
    config.to_json_file(folder / GENERATION_FILE)


def generation_of(model: Any) -> GenerationConfig:
    """The ways of generating of a model, under an adapter or not."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    generation: GenerationConfig = base.generation_config
    return generation
