"""Requests over a socket, well formed or not, and what an answer means. Knows HTTP; knows nothing of the product."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

HOST = "fire.example"
ORIGIN = f"https://{HOST}"
PATIENCE_S = 60.0
# So long a server is given to answer what is no whole request.
WAIT_S = 2.0
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
    location: str = ""
    content: bytes = b""

    @property
    def meaning(self) -> str:
        """What the status means: `login`, `denied`, `hidden`, `no such method`, `reached`, `broken` or `silent`."""
        if self.status == 401 or (self.status == 302 and "/login/" in self.location):
            return "login"
        named = {0: "silent", 403: "denied", 404: "hidden", 405: "no such method"}
        return named.get(self.status) or ("broken" if is_fault(self) else "reached")


def is_fault(answer: Answer) -> bool:
    """Whether an answer is a fault of the server; one that says when to come back is none."""
    return answer.status >= 500 and answer.status != 503


def headers_for(caller: str, laid: dict[str, Any]) -> dict[str, str]:
    """What a caller shows: a session with its proof against forgery, one without, a token, or nothing."""
    if caller.startswith("token:"):
        return {"Authorization": laid["tokens"][caller]}
    if caller == "forged":
        return {"Cookie": f"sessionid={laid['cookies']['admin']}", "Origin": "https://evil.example"}
    session = f"sessionid={laid['cookies'][caller]}; " if caller in laid["cookies"] else ""
    return {"Cookie": f"{session}csrftoken={CSRF}", "X-CSRFToken": CSRF, "Origin": ORIGIN}


def content_of(entry: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers and body that a route's entry is sent with."""
    body = entry["body"]
    if entry["method"] in ("GET", "HEAD"):
        return {}, b""
    if "file" in body:
        return multipart(body)
    if entry["is_api"]:
        return {"Content-Type": "application/json", "If-Match": '"x"'}, json.dumps(body).encode()
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(body, doseq=True).encode()


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
    return Answer(answer.status, answer.headers.get("Location", ""), content)


def throw(port: int, sent: bytes, *, is_whole: bool) -> Answer:
    """Send bytes as they are and read what is answered until the server closes.

    Args:
        is_whole: Whether they are a whole request; what is none is ended by hanging up on a server that still waits for more.
    """
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as thrown, suppress(OSError):
        # Who is refused early may have the rest of it reset.
        with suppress(OSError):
            thrown.sendall(sent)
        if not is_whole and not select.select([thrown], [], [], WAIT_S)[0]:
            thrown.shutdown(socket.SHUT_WR)
        while len(said) < READ_BYTES and b"event-stream" not in said[:4096] and (part := thrown.recv(65536)):
            said += part
    return Answer(_worst(said), content=said)


def _worst(said: bytes) -> int:
    """The largest status among the answers on one connection."""
    lines = said.split(b"HTTP/1.1 ")[1:]
    return max((int(line[:3]) for line in lines if line[:3].isdigit()), default=0)
