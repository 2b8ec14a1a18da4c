"""Errors as OpenAI's clients read them: a status, and `{"error": {message, type, param, code}}`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A request that is not served.

    Args:
        message: What was found and what to do.
        more_headers: What the answer's headers say beside that.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after_s: int | None = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.retry_after_s, self.more_headers = retry_after_s, dict(more_headers or {})

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "type": _type(self.status), "param": self.param, "code": self.code}}

    @property
    def headers(self) -> dict[str, str]:
        headers = dict(self.more_headers)
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def _type(status: int) -> str:
    type_by_status = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    return type_by_status.get(status, "invalid_request_error" if status < 500 else "server_error")
