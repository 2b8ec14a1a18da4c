"""What the calling loop knows of any provider: a question, a reply, and the ways a call can fail.

Pure. A client translates its SDK into these words; nothing else of an SDK leaves its module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from review.prompting import Message

# unbilled: refused or never reached, may be asked again. rejected: refused for good, nothing paid.
# unknown: sent, and no word of it: perhaps paid. fatal: no call of this order can work.
Fate = Literal["unbilled", "rejected", "unknown", "fatal"]
Finish = Literal["complete", "length", "content_filter", "refusal", "other"]


@dataclass(frozen=True)
class Question:
    """One call to make. `call_id` travels along, so that a repeated call can be recognised by the provider."""

    call_id: str
    messages: list[Message]
    facts: dict[str, Any]
    seed: int
    repeat: int


@dataclass(frozen=True)
class Reply:
    """A paid answer, whatever it is worth.

    Attributes:
        text: The answer; empty when there was none.
        finish: Why the model stopped.
        input_tokens: As the provider counted; None when it did not say.
        output_tokens: As the provider counted; None when it did not say.
        model: The exact model that answered.
        request_id: The provider's id, for its support.
        unreadable: Why the body could not be read; empty for a readable one.
        labelled_defects: Faults an offline teacher put in on purpose.
    """

    text: str
    finish: Finish = "complete"
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str = ""
    request_id: str = ""
    unreadable: str = ""
    labelled_defects: tuple[str, ...] = ()


class CallError(Exception):
    """A call that brought no answer.

    Args:
        fate: What is known of it: see `Fate`.
        code: A stable word, such as `rate_limited`.
        message: What the provider or the network said.
        wait_s: How long the provider asks to wait.
        slow_down: Whether it was refused for coming too fast.
    """

    def __init__(
        self,
        fate: Fate,
        code: str,
        message: str,
        *,
        wait_s: float | None = None,
        slow_down: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.fate, self.code, self.message, self.wait_s = fate, code, message, wait_s
        self.slow_down, self.request_id = slow_down, request_id


class Client(Protocol):
    """A teacher that can be asked."""

    async def ask(self, question: Question) -> Reply:
        """Ask once, without retries of its own.

        Raises:
            CallError: No answer came.
        """
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
