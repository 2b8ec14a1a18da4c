"""The one exception with which a service refuses: what is wrong, where, and how to mend it. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class Refusal(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A request that cannot be done as asked.

    Args:
        code: A stable word for programs, such as `too_few_golds`.
        message: One plain sentence: what was found and what is wanted.
        hint: The next step.
        status: HTTP status an endpoint answers with: 400, 403, 404, 409, 412, 413, 422, 428, 429, 503 or 507.
        errors: Messages by field name or row.
        state: What the server holds now, for a client that was stale.
        retry_after_s: After so many seconds the same may be sent again; 0 where that would not help.
        headers: Headers of an endpoint's answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        status: int = 422,
        errors: Mapping[str, Sequence[str]] | None = None,
        state: object = None,
        retry_after_s: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.status = code, message, hint, status
        self.errors = {key: list(value) for key, value in (errors or {}).items()}
        self.state, self.retry_after_s, self.headers = state, retry_after_s, dict(headers or {})


def unknown(what: str, value: str, choices: Iterable[str]) -> Refusal:
    """Return the refusal of a value that is none of those a field may have."""
    names = ", ".join(choices)
    return Refusal(
        f"bad_{what}",
        f"There is no {what} '{value}'.",
        hint=f"Choose one of {names}.",
        status=400,
        errors={what: [f"Choose one of {names}."]},
    )
