"""Well-formed requests over a socket, and their answers. Knows HTTP; knows nothing of the product."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from typing import Any

HOST = "fire.example"
ORIGIN = f"https://{HOST}"
PATIENCE_S = 60.0
CSRF = "x" * 32
# What an answer holds beyond this is of no interest here.
READ_BYTES = 1 << 20
_open = threading.local()


@dataclass(frozen=True, slots=True)
class Request:
    """A well-formed request."""

    method: str
    address: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        shown = {name: value for name, value in self.headers.items() if name not in ("Host", "X-Forwarded-Proto")}
        return f"{self.method} {self.address} {shown} {self.body[:300]!r}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; status 0 when none came."""

    status: int
    content: bytes = b""


def is_fault(answer: Answer) -> bool:
    """Whether an answer is a fault of the server; one that says when to come back is none."""
    return answer.status >= 500 and answer.status != 503


def headers_for(caller: str, laid: dict[str, Any]) -> dict[str, str]:
    """Return a caller's token, or the session of its browser with its proof against forgery."""
    if caller.startswith("token:"):
        return {"Authorization": laid["tokens"][caller]}
    cookie = f"sessionid={laid['cookies'][caller]}; csrftoken={CSRF}"
    return {"Cookie": cookie, "X-CSRFToken": CSRF, "Origin": ORIGIN}


def multipart(values: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """A form with a file under `file`."""
    parts = b""
    for name, value in values.items():
        named = '; filename="rows.csv"\r\nContent-Type: text/csv' if name == "file" else ""
        text = value if isinstance(value, str) else json.dumps(value)
        parts += f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        parts += text.encode("utf-8", "surrogatepass") + b"\r\n"
    return {"Content-Type": "multipart/form-data; boundary=edge"}, parts + b"--edge--\r\n"


def ask(port: int, request: Request) -> Answer:
    """Send a request on this thread's connection and read its answer; of a stream, its head alone."""
    for _ in range(2):
        connection = getattr(_open, "connection", None)
        is_new = connection is None or connection.port != port
        if is_new:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            _open.connection = connection
        try:
            return _exchange(connection, request)
        except (http.client.HTTPException, OSError):
            connection.close()
            _open.connection = None
            # A connection kept from before may have been closed meanwhile; a new one may not.
            if is_new:
                break
    return Answer(0)


def _exchange(connection: http.client.HTTPConnection, request: Request) -> Answer:
    shown = {"Host": HOST, "X-Forwarded-Proto": "https", **request.headers}
    connection.request(request.method, request.address, request.body or None, shown)
    answer = connection.getresponse()
    is_stream = "event-stream" in answer.headers.get("Content-Type", "")
    content = b"" if is_stream else answer.read(READ_BYTES)
    if is_stream or not answer.isclosed():
        connection.close()
        _open.connection = None
    return Answer(answer.status, content)
