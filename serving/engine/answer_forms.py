"""Forms that an answer is held to: the grammar that a question asks for, begun for its row."""

from __future__ import annotations

import asyncio
from typing import Any

from review.spec.task_spec import TaskSpec
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from training.engine.data.chat import Chat
from training.engine.grammar.json_form import SchemaRefusedError, json_grammar
from training.engine.grammar.task_grammar import task_grammar
from training.engine.grammar.token_masks import GrammarRefusedError, GrammarState, TokenGrammars, grammars_of
from training.engine.model.loading import LoadedStudent

ANY_OBJECT: dict[str, Any] = {"type": "object"}


async def begin_for(ask: GenerateRequest, task: TaskSpec, student: LoadedStudent, chat: Chat) -> GrammarState | None:
    """Begin as `begin` does, with the grammars of a student; compiles in a thread of its own."""
    if ask.form == "text":
        return None

    def work() -> GrammarState | None:
        vocabulary = student.model.config.get_text_config().vocab_size
        return begin(ask, task=task, grammars=grammars_of(student.chat, vocabulary), chat=chat)

    return await asyncio.to_thread(work)


def begin(ask: GenerateRequest, *, task: TaskSpec, grammars: TokenGrammars, chat: Chat) -> GrammarState | None:
    """The state of a new answer; None where it is free. Compiles what was not asked before, which may take a second.

    Args:
        grammars: Those of the network's tokenizer.
        chat: The miniature's own.

    Raises:
        RequestRefused: 400, its schema holds what decoding cannot be held to, with the keyword and its place.
    """
    try:
        grammar = grammar_of(ask, task)
        return (
            grammars.begin_task(grammar, chat)
            if ask.form == "task" or grammar is None
            else grammars.begin(grammar, chat)
        )
    except (SchemaRefusedError, GrammarRefusedError) as error:
        raise RequestRefused(400, "invalid_schema", f"The answer cannot be held to this schema: {error}.") from None


def grammar_of(ask: GenerateRequest, task: TaskSpec) -> str | None:
    """The grammar that a question asks for, in llguidance's Lark; None where its answer is free.

    Raises:
        SchemaRefusedError: Its schema holds what decoding cannot be held to.
    """
    if ask.form == "text":
        return None
    if ask.form == "task":
        return task_grammar(task)
    return json_grammar(ANY_OBJECT if ask.form == "json_object" else ask.answer_schema)


def gave_up(problem: str) -> RequestRefused:
    """Why an answer ended whose grammar gave up."""
    return RequestRefused(400, "invalid_schema", f"The answer cannot be held to this schema: {problem}.")
