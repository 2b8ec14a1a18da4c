"""Refusals of the engine: a status, a word for programs, a sentence, and how long to wait. Pure."""

from __future__ import annotations


class RequestRefused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A question that is not answered.

    Args:
        message: What was found and what to do.
        retry_after_s: When it may be asked again.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s

    def as_json(self) -> dict[str, object]:
        """The body of the answer, and the shape of an error within a stream."""
        return {"error": {"code": self.code, "message": self.message, "status": self.status}}
