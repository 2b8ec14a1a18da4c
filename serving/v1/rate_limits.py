"""Limits on what one token may ask of `/v1` a minute: questions, and tokens read and written. Told in OpenAI's headers.

A question takes what it may come to at most when it is admitted, and gives back what it did not use at its end, so that
many at once cannot go past the limit together. Counted where the API's limits are (`members.tokens.throttling`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings

from members.tokens import throttling
from serving.engine.contracts import CHARS_PER_TOKEN, DEFAULT_MAX_TOKENS
from serving.openai.errors import ApiError
from serving.openai.requests import ChatRequest


@dataclass(frozen=True)
class RateClaim:
    """Share of its minute that a question took.

    Attributes:
        key: Whose count it is; empty where nothing is counted.
        tokens: Taken at admission.
        minute: In which it was taken: what is left over goes back to no other.
        headers: What the answer says of it.
    """

    key: str
    tokens: int
    minute: int
    headers: dict[str, str]

    def settle(self, used: int) -> None:
        """Count what was really read and written in place of what was taken."""
        if self.key and self.tokens != used and self.minute == _minute():
            throttling.count(self.key, used - self.tokens)


UNLIMITED = RateClaim("", 0, 0, {})


def claim(token: str, question: ChatRequest) -> RateClaim:
    """Take a question's part of its token's minute. Blocks for a look at the cache.

    Raises:
        ApiError: 429, the minute is used up; 400, the question alone asks for more than any minute has.
    """
    most_requests, most_tokens = settings.SERVING_REQUESTS_PER_MINUTE, settings.SERVING_TOKENS_PER_MINUTE
    headers: dict[str, str] = {}
    if most_requests:
        used = throttling.count(f"v1-requests:{token}")
        headers |= _headers("requests", most_requests, used or 0)
        if used is not None and used > most_requests:
            raise _used_up("requests", most_requests, headers)
    if not most_tokens:
        return RateClaim("", 0, 0, headers)
    claimed_tokens = _most_tokens(question, most_tokens)
    key, minute = f"v1-tokens:{token}", _minute()
    used = throttling.count(key, claimed_tokens)
    if used is not None and used > most_tokens:
        throttling.count(key, -claimed_tokens)
        headers |= _headers("tokens", most_tokens, used - claimed_tokens)
        raise _used_up("tokens", most_tokens, headers)
    return RateClaim(
        key if used is not None else "", claimed_tokens, minute, headers | _headers("tokens", most_tokens, used or 0)
    )


def _most_tokens(question: ChatRequest, limit: int) -> int:
    """Upper bound of a request's tokens, capped at a minute's where only our estimate exceeds it."""
    answer = question.choices * (question.max_tokens or min(DEFAULT_MAX_TOKENS, limit // question.choices))
    if answer > limit:
        raise ApiError(
            400,
            f"'max_tokens' asks for {answer} tokens in all; this server lets a token have {limit} a minute.",
            code="invalid_value",
            param="max_tokens",
        )
    prompt_tokens = sum(len(message["content"]) for message in question.messages) // CHARS_PER_TOKEN
    return min(limit, prompt_tokens + answer)


def _used_up(what: str, limit: int, headers: dict[str, str]) -> ApiError:
    wait_s = throttling.left_s()
    return ApiError(
        429,
        f"Rate limit reached for {what}: {limit} a minute for this token. Try again in {wait_s} s.",
        code="rate_limit_exceeded",
        retry_after_s=wait_s,
        more_headers=headers,
    )


def _headers(what: str, limit: int, used: int) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{what}": str(limit),
        f"x-ratelimit-remaining-{what}": str(max(0, limit - used)),
        f"x-ratelimit-reset-{what}": f"{throttling.left_s()}s",
    }


def _minute() -> int:
    return int(time.time()) // throttling.WINDOW_S
