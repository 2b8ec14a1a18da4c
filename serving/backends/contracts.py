"""The interface between the relay and a backend: what a backend is given, what it sends, and how it fails.

A backend starts, fills and watches one kind of server. The relay in front of it queues, renders prompts, finds stop
strings, leaves thinking out and counts; a backend does none of that.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import Field

from serving.engine.contracts import GenerateRequest, ModelEntry, ServingSpec
from training.engine.data.chat import Chat

BackendName = Literal["own", "llama", "vllm", "url"]
Finish = Literal["stop", "length"]


class RelaySpec(ServingSpec):
    """Body of the relay's `spec.json`: the engine's own, the backend to use, and what that backend is told.

    `options` are the backend's: of `llama` the path of its server and the folder of its GGUF files.
    """

    backend: BackendName
    options: dict[str, Any] = Field(default_factory=dict)


class NotServableError(Exception):
    """A miniature that this backend cannot serve, with the reason; our own engine serves it instead.

    Args:
        for_now: Whether the backend may serve it later: it is asked again by each question.
    """

    def __init__(self, reason: str, *, for_now: bool = False) -> None:
        super().__init__(reason)
        self.for_now = for_now


class ServerLostError(Exception):
    """The server ended or hung up before an answer was whole.

    A question that nothing was shown of is asked again once.
    """


class TokenLogProb(NamedTuple):
    """Log probability of one token by the model's own softmax, with the likeliest tokens in its place."""

    log_prob: float
    # Likeliest first: each one's id with its log probability, or its text from a server that tells no ids.
    likeliest: tuple[tuple[int | str, float], ...] = ()


class Piece(NamedTuple):
    """Part of an answer as a server sent it, with nothing cut.

    `tokens` are the ids where the miniature has a chat here: the relay decodes them with its own tokenizer, special
    tokens, end of the turn and tags of thinking included, and `text` stays empty. `log_probs` go with the tokens, one
    each, where the question asks for them; None where the server does not tell one. Without a chat `text` is what is
    shown, and `token_texts` go with `log_probs`.
    """

    text: str = ""
    tokens: tuple[int, ...] = ()
    log_probs: tuple[TokenLogProb | None, ...] = ()
    token_texts: tuple[str, ...] = ()


class Ending(NamedTuple):
    """End of a whole answer. Counts are the server's; None where it tells none and the relay counts tokens itself."""

    finish: Finish
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True)
class ReadyModel:
    """A miniature that a backend can be asked for now.

    Attributes:
        fingerprint: Stands for weights, file and the server's build.
        chat: Renders and decodes; None where the server does both (`url` with chat completions).
        context_length: Longest prompt and answer together; None where it is not known.
        vocabulary: How many scores the model gives; 0 where it is not known.
        rows: Most answers written at once.
        pool_tokens: Tokens that all its answers under way may come to together, prompts included; None: no bound.
        no_repeat_ngram: Length of a run that an answer to the miniature's own task holds only once; 0: any may repeat.
    """

    fingerprint: str
    chat: Chat | None
    context_length: int | None
    vocabulary: int
    rows: int
    pool_tokens: int | None = None
    no_repeat_ngram: int = 0


@dataclass(frozen=True)
class Question:
    """One question as a backend is given it.

    Attributes:
        prompt: Token ids; empty where the model has no chat here, and `request.messages` are rendered by the server.
        limit: Most tokens of the answer.
        seed: As asked for, or drawn.
        grammar: What the answer is held to, in llguidance's Lark, whitespace included; None where it is free. It was
            compiled here already. Where `ready.chat.opened` is not empty it holds for what comes after that tag.
        is_whole: Whether nothing is needed before the answer's end, so that it may come as one piece.
        tells_log_probs: Whether each token's log probability is needed.
        banned: Tokens that the answer's first token must not be, beside `request.logit_bias`.
    """

    entry: ModelEntry
    ready: ReadyModel
    request: GenerateRequest
    prompt: list[int]
    limit: int
    seed: int
    grammar: str | None
    is_whole: bool
    tells_log_probs: bool
    banned: frozenset[int] = frozenset()


class Backend(Protocol):
    """A kind of server. All methods run on the relay's event loop and may be called at the same time.

    Attributes:
        name: One word, told on pages and in `GET /state`.
        unsupported: Fields of `GenerateRequest` it cannot heed: a question that sets one is a 400.
    """

    name: BackendName
    unsupported: frozenset[str]

    async def start(self) -> None:
        """Begin; returns soon. What takes long belongs to `prepare`."""

    async def stop(self) -> None:
        """End every server that it started."""

    async def know(self, entries: list[ModelEntry]) -> None:
        """Replace the list of miniatures; returns soon.

        One that is gone answers what it has begun, and then leaves memory.
        """

    async def prepare(self, entry: ModelEntry) -> ReadyModel:
        """Make a miniature ready, or wait until it is: write its file, start its server, push its adapter.

        Cheap where it is ready.

        Raises:
            NotServableError: Never by this backend.
            RequestRefused: 503, not now, with the reason.
        """

    def is_ready(self, entry: ModelEntry) -> bool:
        """Return whether a miniature can be asked now; one that was put away for another's room cannot."""

    def ask(self, question: Question) -> AsyncGenerator[Piece | Ending, None]:
        """Pieces of one answer and one `Ending`. Closing the generator hangs up, so that the server's place is free.

        Raises:
            RequestRefused: 400, the server cannot do this: a schema, a bias.
            ServerLostError: It ended or hung up before the answer was whole.
        """

    def state(self) -> dict[str, Any]:
        """Figures for `GET /state`: `weights_bytes`, `max_weights_bytes`, `bytes_per_weight`, and whatever it tells."""
