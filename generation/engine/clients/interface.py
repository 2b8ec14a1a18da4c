"""Words of the calling loop for any provider: a question, a reply, and the ways a call can fail.

Pure. A wire format translates a provider's bodies into these words; nothing else of a provider leaves its modules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from review.spec.prompting import Message

# unbilled: refused or never reached, may be asked again. rejected: refused for good, nothing paid.
# unknown: sent, and no word of it: perhaps paid. fatal: no call of this order can work.
Fate = Literal["unbilled", "rejected", "unknown", "fatal"]
# Only what is complete may become a draft; `other` is a reason that nobody here has heard of.
Finish = Literal[
    "complete",
    "length",
    "context_window",
    "content_filter",
    "safety",
    "refusal",
    "tool_use",
    "paused",
    "failed",
    "other",
]


@dataclass(frozen=True)
class Question:
    """One call to make. `call_id` travels along, so that a repeated call can be recognised by the provider."""

    call_id: str
    messages: list[Message]
    facts: dict[str, Any]
    seed: int
    repeat: int
    # Which teacher of a mix, and how hot; None leaves that to the teacher's parameters.
    teacher: int = 0
    temperature: float | None = None
    # Mails the reader got before, for a follow-up; the messages say the same in words.
    thread: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Reply:
    """A paid answer, whatever it is worth.

    Attributes:
        text: The answer; empty when there was none.
        input_tokens: As the provider counted, those from its cache and those written to it included; None when it did
            not say.
        output_tokens: As the provider counted; None when it did not say.
        cached_tokens: How many of the input tokens were read from the provider's cache.
        cache_write_tokens: How many of the input tokens were written to it.
        request_id: The provider's id, for its support.
        unreadable: Why the body could not be read; empty for a readable one.
        flaws: How an answer in JSON breaks the task's schema; empty for a sound one, and for one in text.
        said: A flawed answer as it came, for the model to mend.
        labelled_defects: Faults an offline teacher put in on purpose.
    """

    text: str
    finish: Finish = "complete"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    model: str = ""
    request_id: str = ""
    stop_reason: str = ""
    unreadable: str = ""
    flaws: tuple[str, ...] = ()
    said: str = ""
    labelled_defects: tuple[str, ...] = ()
    # What a served classifier says of each label, by field; empty of all others.
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    # Of the tokens of a miniature that this installation serves, by its own softmax; None of all others.
    mean_log_prob: float | None = None


class CallError(Exception):
    """A call that brought no answer.

    Args:
        fate: What is known of it: see `Fate`.
        code: A stable word, such as `rate_limited`.
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
    """A teacher that can be asked.

    Attributes:
        shared_chars: How much of all prompts the provider may keep in its cache once one call has brought it there.
    """

    shared_chars: int

    async def ask(self, question: Question) -> Reply:
        """Ask once, without retries of its own.

        Raises:
            CallError: No answer came.
        """
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
