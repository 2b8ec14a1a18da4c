"""The wire to `llama-server`: one `/completion` over its unix socket.

Raw HTTP/1.1, for a token must cost microseconds here.

Prompts go as token ids. A stream leaves out the ids of tokens within a character; they are filled in by their bytes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from serving.backends.contracts import Ending, Piece, Question, ServerLostError, TokenLogProb
from serving.backends.llama.gbnf import NoGbnfError, gbnf
from serving.backends.llama.token_bytes import TokenBytes
from serving.engine.errors import RequestRefused

LINE_LIMIT: Final = 1 << 24
READ_BYTES: Final = 1 << 18
# A stream is read in pieces by people: more chunks than these are not joined.
MOST_TOGETHER: Final = 2
_SEEDS: Final = (1 << 32) - 1
_FIELDS: Final = [
    "content",
    "tokens",
    "stop",
    "stop_type",
    "tokens_evaluated",
    "tokens_predicted",
    "completion_probabilities",
]


class UntoldTokensError(Exception):
    """A stream left out the ids of tokens whose bytes make no character."""


def body_of(question: Question, *, is_whole: bool) -> dict[str, Any]:
    """Write a question as `/completion` takes it.

    Raises:
        RequestRefused: 400, its grammar cannot be written as GBNF.
    """
    request = question.request
    biases: list[list[Any]] = [[token, bias] for token, bias in request.logit_bias.items()]
    body: dict[str, Any] = {
        "prompt": question.prompt,
        "n_predict": question.limit,
        "stream": not is_whole,
        "return_tokens": True,
        # A prompt read again in other pieces is rounded otherwise: with a seed, the same question gets the same answer.
        "cache_prompt": request.seed is None or request.temperature == 0,
        "seed": question.seed % _SEEDS,
        "n_probs": max(1, request.top_logprobs) if question.tells_log_probs else 0,
        "logit_bias": biases + [[token, False] for token in sorted(question.banned)],
        # In the order of our own engine.
        "samplers": ["penalties", "temperature", "top_k", "min_p", "top_p"],
        "temperature": request.temperature,
        "top_k": request.top_k,
        "top_p": request.top_p,
        "min_p": request.min_p,
        "repeat_penalty": request.repetition_penalty,
        "frequency_penalty": request.frequency_penalty,
        "presence_penalty": request.presence_penalty,
        "repeat_last_n": len(question.prompt) + question.limit,
    }
    if is_whole:
        body["response_fields"] = _FIELDS
    if request.temperature == 0:
        body |= {"samplers": ["penalties", "top_k"], "top_k": 1}
    return body | _grammar(question)


def _grammar(question: Question) -> dict[str, Any]:
    if question.grammar is None:
        return {}
    opened = question.ready.chat.opened if question.ready.chat is not None else ""
    try:
        grammar = gbnf(question.grammar, opened=opened)
    except NoGbnfError as error:
        message = f"The answer cannot be held to this schema: {error} is not supported by llama.cpp here."
        raise RequestRefused(400, "invalid_schema", message) from None
    if not opened:
        return {"grammar": grammar}
    lazy = {"grammar_lazy": True, "grammar_triggers": [{"type": 1, "value": opened}]}
    return {"grammar": grammar, "preserved_tokens": [opened], **lazy}


@dataclass(eq=False)
class Line:
    """Connection of a question under way. Times are monotonic; `heard_s` is that of the last token."""

    writer: asyncio.StreamWriter
    asked_s: float = field(default_factory=time.monotonic)
    heard_s: float = field(default_factory=time.monotonic)

    def hang_up(self) -> None:
        """Give the question up: whoever reads it loses its server."""
        self.writer.transport.abort()


async def complete(
    socket: str,
    body: Mapping[str, Any],
    token_bytes: TokenBytes,
    *,
    lines: set[Line],
    is_gathered: bool = False,
) -> AsyncGenerator[Piece | Ending, None]:
    """Ask for one answer. Closing the generator closes the connection, at which the server frees the slot.

    Args:
        lines: Where its connection stands as long as it is open.
        is_gathered: Whether a stream's pieces are held until its end, and come as one.

    Raises:
        RequestRefused: The server refuses the question, with its reason.
        UntoldTokensError: Its stream leaves out a token; what was sent before it stands.
        ServerLostError: It ended or hung up before its last line.
    """
    try:
        async with post(socket, "/completion", body, lines) as (status, chunks):
            if status != 200:
                raise _refusal(status, b"".join([chunk async for chunk in chunks]))
            if not body["stream"]:
                answer = json.loads(b"".join([chunk async for chunk in chunks]))
                yield Piece(tokens=tuple(answer["tokens"]), log_probs=_log_probs(answer, answer["tokens"]))
                yield _ending(answer)
                return
            stream = _stream(chunks, token_bytes)
            async for news in _gathered(stream) if is_gathered else stream:
                yield news
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        raise ServerLostError(str(error)) from None


async def _stream(chunks: AsyncGenerator[bytes, None], token_bytes: TokenBytes) -> AsyncGenerator[Piece | Ending, None]:
    """Read server-sent events; the events of one chunk make one piece."""
    rest, count = b"", 0
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        tokens: list[int] = []
        log_probs: list[TokenLogProb | None] = []
        for line in lines:
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise _refusal(int(event["error"].get("code", 500)), line[6:])
            if event["stop"]:
                if tokens:
                    yield Piece(tokens=tuple(tokens), log_probs=tuple(log_probs))
                if event["tokens_predicted"] > count:
                    raise UntoldTokensError
                yield _ending(event)
                return
            if not event["tokens"]:
                continue
            text = event["content"].encode()
            missing = event["tokens_predicted"] - count - len(event["tokens"])
            untold = token_bytes.before(text, event["tokens"][0], missing) if missing > 0 else []
            if untold is None:
                if tokens:
                    yield Piece(tokens=tuple(tokens), log_probs=tuple(log_probs))
                raise UntoldTokensError
            tokens += untold + event["tokens"]
            count = event["tokens_predicted"]
            log_probs += [None] * max(0, missing) + _told(event)
        if tokens:
            yield Piece(tokens=tuple(tokens), log_probs=tuple(log_probs))
    raise ServerLostError("The stream had no end.")


async def _gathered(stream: AsyncGenerator[Piece | Ending, None]) -> AsyncGenerator[Piece | Ending, None]:
    tokens, log_probs = list[int](), list[TokenLogProb | None]()
    async for news in stream:
        if isinstance(news, Piece):
            tokens += news.tokens
            log_probs += news.log_probs
        else:
            yield Piece(tokens=tuple(tokens), log_probs=tuple(log_probs))
            yield news


def _ending(event: Mapping[str, Any]) -> Ending:
    finish = "length" if event["stop_type"] == "limit" else "stop"
    return Ending(finish, event["tokens_evaluated"], event["tokens_predicted"])  # type: ignore[arg-type]


def _told(event: Mapping[str, Any]) -> list[TokenLogProb | None]:
    return [
        TokenLogProb(each["logprob"], tuple((top["id"], top["logprob"]) for top in each["top_logprobs"]))
        for each in event.get("completion_probabilities", ())
    ]


def _log_probs(answer: Mapping[str, Any], tokens: list[int]) -> tuple[TokenLogProb | None, ...]:
    """Lay the log probabilities of a whole answer beside its tokens: those within a character have none."""
    told = [
        (each["id"], probs)
        for each, probs in zip(answer.get("completion_probabilities", ()), _told(answer), strict=True)
    ]
    laid: list[TokenLogProb | None] = []
    for token in tokens:
        is_next = bool(told) and told[0][0] == token and len(told) <= len(tokens) - len(laid)
        laid.append(told.pop(0)[1] if is_next else None)
    return tuple(laid) if not told else ()


def _refusal(status: int, content: bytes) -> RequestRefused | ServerLostError:
    try:
        message = str(json.loads(content)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = f"it answered {status}"
    if status == 503:
        return ServerLostError(message)
    if status == 400:
        return RequestRefused(400, "invalid_request", f"llama.cpp refuses this question: {message}")
    return RequestRefused(
        500, "engine_failed", "The model failed while it wrote. Try again; the engine's log says why."
    )


@asynccontextmanager
async def post(
    socket: str, path: str, body: Mapping[str, Any] | None, lines: set[Line] | None = None
) -> AsyncGenerator[tuple[int, AsyncGenerator[bytes, None]], None]:
    """Open a connection, send one request, and give its status and the chunks of its answer; a GET without a body."""
    reader, writer = await asyncio.open_unix_connection(socket, limit=LINE_LIMIT)
    line, lines = Line(writer), set() if lines is None else lines
    lines.add(line)
    try:
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: llama\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        headers = dict[str, str]()
        while header := (await reader.readline()).strip():
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        yield status, _chunks(reader, headers, line)
    except IndexError:
        raise ServerLostError("The server hung up.") from None
    finally:
        lines.discard(line)
        writer.close()


async def _chunks(reader: asyncio.StreamReader, headers: Mapping[str, str], line: Line) -> AsyncGenerator[bytes, None]:
    """Body of an answer; chunks that have come go together, two by two, so that a busy relay catches up."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        yield await reader.readexactly(int(headers.get("content-length", 0)))
        return
    rest = b""
    while data := await reader.read(READ_BYTES):
        parts, rest, is_over = _without_sizes(rest + data)
        for at in range(0, len(parts), MOST_TOGETHER):
            content = b"".join(parts[at : at + MOST_TOGETHER])
            # Comments, which keep a connection open, are no sign of work.
            line.heard_s = time.monotonic() if b"data: " in content else line.heard_s
            yield content
        if is_over:
            return
    raise asyncio.IncompleteReadError(rest, None)


def _without_sizes(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """Return the contents of whole chunks, the bytes of one not whole yet, and whether the last chunk was there."""
    parts, at = list[bytes](), 0
    while (line_end := data.find(b"\r\n", at)) >= 0:
        size, begin = int(data[at:line_end], 16), line_end + 2
        if size == 0:
            return parts, b"", True
        if len(data) < begin + size + 2:
            break
        parts.append(data[begin : begin + size])
        at = begin + size + 2
    return parts, data[at:], False


async def get(socket: str, path: str) -> bytes | None:
    """Return what an address holds; None where the server says that it is not ready."""
    async with post(socket, path, None) as (status, chunks):
        content = b"".join([chunk async for chunk in chunks])
    return content if status == 200 else None
