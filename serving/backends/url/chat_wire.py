"""A question as OpenAI's chat completions take it, and its stream of events as pieces of text.

Pure; knows no server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from review.spec.json_schema import output_json_schema
from review.spec.output_format import bare_field, is_plain, mail_fields
from review.spec.task_spec import TaskSpec
from serving.backends.contracts import Ending, Piece, Question, ServerLostError, TokenLogProb

# A space may follow.
DATA: Final = "data:"
# Fields of a question that OpenAI's wire has no place for.
UNSUPPORTED: Final = frozenset({"top_k", "min_p", "repetition_penalty"})


def body_of(question: Question, *, model: str) -> dict[str, Any]:
    """Return the body of a question. Stop strings are found here, where thinking has been left out."""
    request = question.request
    body: dict[str, Any] = {
        "model": model,
        "messages": [message.model_dump() for message in request.messages],
        "max_tokens": question.limit,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": question.seed,
    }
    if request.presence_penalty:
        body["presence_penalty"] = request.presence_penalty
    if request.frequency_penalty:
        body["frequency_penalty"] = request.frequency_penalty
    if request.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in request.logit_bias.items()}
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if (form := _response_format(question)) is not None:
        body["response_format"] = form
    return body


def _response_format(question: Question) -> dict[str, Any] | None:
    """Return what holds the answer; None for prose and for a bare label, which the wire has no form for."""
    request = question.request
    if request.form == "json_object":
        return {"type": "json_object"}
    schema = request.answer_schema if request.form == "json_schema" else None
    if request.form == "task":
        schema = _task_schema(question.entry.task)
    if schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _task_schema(task: TaskSpec) -> dict[str, Any] | None:
    fields = task.output_schema
    if mail_fields(fields) or is_plain(fields) or bare_field(fields) is not None:
        return None
    return output_json_schema(task)


class ChatStream:
    """Reads the events of one answer: pieces as they come, and the end once its reason and its usage are there.

    Servers send the usage in an event of its own, with the last words or with all, and events of their own before.
    """

    def __init__(self) -> None:
        self._finish: Any = None
        self._usage: Mapping[str, Any] = {}
        self.ending: Ending | None = None

    def read(self, line: str) -> Piece | None:
        """Take in one line of the stream.

        Raises:
            ServerLostError: The server reported an error, or sent something else than an event.
        """
        if not line.startswith(DATA):
            return None
        if (content := line.removeprefix(DATA).strip()) == "[DONE]":
            self.ending = self._end()
            return None
        try:
            event = json.loads(content)
            if error := event.get("error"):
                raise ServerLostError(str(error))
            choice = (event.get("choices") or [{}])[0]
            piece = _piece(choice)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServerLostError(f"The server sent something else than an event: {line[:200]}") from error
        self._finish = choice.get("finish_reason") or self._finish
        self._usage = event.get("usage") or self._usage
        if self._finish and self._usage:
            self.ending = self._end()
        return piece

    def _end(self) -> Ending:
        if self._finish not in ("stop", "length"):
            raise ServerLostError(f"The server ended the answer: {self._finish}")
        return Ending(self._finish, self._usage.get("prompt_tokens"), self._usage.get("completion_tokens"))


def _piece(choice: Mapping[str, Any]) -> Piece | None:
    text = (choice.get("delta") or {}).get("content") or ""
    logprobs = (choice.get("logprobs") or {}).get("content") or []
    if not text and not logprobs:
        return None
    likeliest = [
        tuple((each["token"], float(each["logprob"])) for each in token.get("top_logprobs") or ()) for token in logprobs
    ]
    return Piece(
        text=text,
        log_probs=tuple(
            TokenLogProb(float(token["logprob"]), row) for token, row in zip(logprobs, likeliest, strict=True)
        ),
        token_texts=tuple(str(token["token"]) for token in logprobs),
    )
