"""One task's answers in JSON: how they are asked for and how they are read. Pure; knows no provider.

The renderer's prompt stays the record of what was asked; only its words on the answer's shape are exchanged on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from generation.engine.structured.flaws import broken_limits, wrong_types
from review.spec import prompting
from review.spec.json_schema import output_json_schema
from review.spec.output_format import bare_field, json_format, output_format
from review.spec.prompting import CompletionError, Message
from review.spec.task_spec import TaskSpec
from review.spec.thinking import without_thinking
from review.spec.values import normalise_fields
from web import strict_json


@dataclass(frozen=True)
class ParsedJson:
    """Reading of an answer.

    Attributes:
        text: The draft in the task's own text form; the answer as it came where it is of no use.
        flaws: What is wrong with it, each in a sentence for the model and for people.
        is_usable: Whether it is a draft all the same: too long, or a number in quotes, but whole.
    """

    text: str
    flaws: tuple[str, ...] = ()
    is_usable: bool = True


class JsonAnswers:
    """Asks for and reads the answers of one task.

    Attributes:
        overhead: What of it goes out with each call beside the prompt.
    """

    def __init__(self, task: TaskSpec) -> None:
        self._task = task
        self._text_words = output_format(task)
        # Ranges and lengths stand in words: not every provider takes them as keywords, and `read` holds to them.
        self.schema = output_json_schema(task, bounds=False)
        self._json_words = json_format(task)
        self.overhead = self._json_words + json.dumps(self.schema, ensure_ascii=False)

    def put(self, messages: list[Message]) -> list[Message]:
        """The conversation with JSON asked for, and shown where it shows answers; the given one is left as it is."""
        if self._text_words == self._json_words:
            return messages
        turned = [self._turned(message) for message in messages]
        if not any(self._json_words in message["content"] for message in turned if message["role"] != "assistant"):
            last = turned[-1]
            turned[-1] = {**last, "content": f"{last['content']}\n\n{self._json_words}"}
        return turned

    def read(self, text: str) -> ParsedJson:
        """Read a whole answer by the schema; a bare value as it is, where nothing else is a task's answer."""
        if (bare := bare_field(self._task.output_schema)) is not None:
            # As a model answers that was asked before bare values were asked for in JSON.
            text = self._named(bare.name, text)
        try:
            body = prompting.object_in(without_thinking(text))
            value = strict_json.parse(body, has_raw_breaks=True, has_unique_keys=True)
        except ValueError as error:
            return ParsedJson(text, (f"The answer is not JSON: {error}.",), is_usable=False)
        wrong = wrong_types(self._task, value)
        if not isinstance(value, dict):
            return ParsedJson(text, wrong, is_usable=False)
        try:
            fields = normalise_fields(self._task.output_schema, value)
        except ValueError as error:
            unread = (f"{str(error)[:1].upper()}{str(error)[1:]}.",)
            return ParsedJson(text, wrong or unread, is_usable=False)
        return ParsedJson(prompting.completion(self._task, fields), wrong or broken_limits(self._task, fields))

    def _named(self, name: str, text: str) -> str:
        """Wrap a bare value in the object that is asked for; any other text stays."""
        if "{" in text:
            return text
        try:
            fields = prompting.parse(self._task, text)
        except CompletionError:
            return text
        return json.dumps({name: fields[name]}, ensure_ascii=False)

    def _turned(self, message: Message) -> Message:
        content = message["content"]
        if message["role"] != "assistant":
            return {**message, "content": content.replace(self._text_words, self._json_words)}
        try:
            fields: dict[str, Any] = prompting.parse(self._task, content)
        except CompletionError:
            # A flawed answer that is to be repaired is shown as it came.
            return message
        return {**message, "content": json.dumps(fields, ensure_ascii=False)}
