"""A question as vLLM's `/v1/completions` takes it, and its stream of events as pieces. Pure; knows no server.

Prompts go as token ids and answers come as token ids: nothing is rendered, decoded or cut there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from serving.backends.contracts import Ending, Piece, Question, ServerLostError, TokenLogProb
from serving.engine.errors import RequestRefused

DATA: Final = "data: "
_ID: Final = "token_id:"
# Tokens in one event of an answer that nobody reads before its end.
WHOLE_INTERVAL: Final = 64


def body_of(question: Question, *, model: str) -> dict[str, Any]:
    """Return the body of a question.

    Args:
        model: Name of the adapter on the server, or of its base.
    """
    request = question.request
    chat = question.ready.chat
    body: dict[str, Any] = {
        "model": model,
        "prompt": question.prompt,
        "max_tokens": question.limit,
        "stream": True,
        "return_token_ids": True,
        # Always: an answer's mean log probability is kept with drafts and is what routers choose by.
        "logprobs": request.top_logprobs,
        "return_tokens_as_token_ids": True,
        "stop_token_ids": sorted(chat.stops) if chat is not None else [],
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "repetition_penalty": request.repetition_penalty,
        "seed": question.seed,
    }
    if question.is_whole:
        body["stream_interval"] = WHOLE_INTERVAL
    # A question that bans tokens is for one token alone.
    if biases := request.logit_bias | dict.fromkeys(question.banned, -100.0):
        body["logit_bias"] = {str(token): bias for token, bias in biases.items()}
    if question.grammar is not None:
        body["structured_outputs"] = {"grammar": _after_thinking(question.grammar, chat.opened if chat else "")}
    elif question.ready.no_repeat_ngram > 1:
        # Read by our own logits processor within vLLM.
        body["vllm_xargs"] = {"no_repeat_ngram": question.ready.no_repeat_ngram}
    return body


def _after_thinking(grammar: str, opened: str) -> str:
    """Let a grammar begin where the thinking that the prompt has opened ends."""
    if not opened:
        return grammar
    held = grammar.replace("start:", "answer:", 1)
    return f"start: thinking answer\nthinking[suffix={json.dumps(opened)}]: /(?s:.*)/\n{held}"


def read_event(line: str, *, top: int) -> list[Piece | Ending]:
    """Read one line of the stream; what is no event gives nothing.

    Args:
        top: How many of the likeliest tokens were asked for.

    Raises:
        RequestRefused: 400, the server refuses the question, which it may say within a stream.
        ServerLostError: The server reported an error of its own, or ended the answer for none of our reasons.
    """
    if not line.startswith(DATA) or line == "data: [DONE]":
        return []
    try:
        event = json.loads(line[len(DATA) :])
        if "error" in event:
            raise _failure(event["error"])
        choice = event["choices"][0]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ServerLostError(f"vLLM sent something else than an event: {line[:200]}") from error
    news: list[Piece | Ending] = []
    tokens = tuple(choice.get("token_ids") or ())
    if tokens:
        news.append(Piece(tokens=tokens, log_probs=_log_probs(choice.get("logprobs"), top)))
    finish = choice.get("finish_reason")
    if finish is not None:
        if finish not in ("stop", "length"):
            raise ServerLostError(f"vLLM ended the answer: {finish}")
        news.append(Ending(finish))
    return news


def refused(message: str) -> RequestRefused:
    """Return the refusal of a question in vLLM's words."""
    return RequestRefused(400, "invalid_request", f"The vLLM server refuses the question: {message}")


def _failure(error: Mapping[str, Any]) -> Exception:
    message = str(error.get("message", ""))
    return refused(message) if error.get("code") == 400 else ServerLostError(message)


def _log_probs(logprobs: Mapping[str, Any] | None, top: int) -> tuple[TokenLogProb | None, ...]:
    if not logprobs:
        return ()
    likeliest = logprobs.get("top_logprobs") or [None] * len(logprobs["token_logprobs"])
    return tuple(
        None if log_prob is None else TokenLogProb(log_prob, _likeliest(row, top))
        for log_prob, row in zip(logprobs["token_logprobs"], likeliest, strict=True)
    )


def _likeliest(row: Mapping[str, float] | None, top: int) -> tuple[tuple[int, float], ...]:
    """Return the likeliest tokens; vLLM adds the one that was drawn where it is none of them."""
    if not row or not top:
        return ()
    ordered = sorted(((int(name.removeprefix(_ID)), value) for name, value in row.items()), key=lambda each: -each[1])
    return tuple(ordered[:top])
