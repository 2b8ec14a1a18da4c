"""Calls addresses that others named by every client there is, from a network of its own (`own_network`), and prints as
JSON what each said and which addresses were reached: `python -m tests.web.outgoing_calls CLIENT…`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

from tests.web import name_server
from tests.web.own_network import PUBLIC, PUBLIC_6

# Where a server outside may lead: every one of these is inside, or no address of the web.
LEADS = [
    "http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[fd00::7]/",
    "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[::ffff:169.254.169.254]/",
    "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.1/", "http://0/", "http://0.0.0.0/",
    "http://127。0。0。1/", "http://１２７.0.0.1/", "//127.0.0.1/", "http:///127.0.0.1/", "http://inner.test/",
    "http://chain.test/", "http://mixed.test/", "http://six.test/", "http://user:word@open.test/", "http://open.test@127.0.0.1/",
    "http://127.0.0.1\\@open.test/", "http://open.test:22/", "http://127.0.0.1:6379/", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/stat", "http://open.test/\x7f", "http://[broken/",
    "http://0010.0.0.7/", "http://b\u00fccher..test/",
]  # fmt: skip
# Names that lead inside, wholly or in part, at once or the second time.
NAMES = ["inner.test", "chain.test", "mixed.test", "six.test", "mapped.test", "metadata.test", "again.test"]
# Names that lead outside when they are asked once, and inside whenever they are asked again.
TURNING = "turning-{}.test"
OPEN = ["open.test", "b\u00fccher.test"]


def rows(name: str, kind: str, before: int) -> list[str]:
    """What the name server answers; a name of a lead is that of the server outside."""
    six = {"six.test": ["::1"], "mapped.test": ["::ffff:127.0.0.1"], "open.test": [PUBLIC_6]}
    if kind == "AAAA":
        return six.get(name, [])
    if kind != "A" or name == "mapped.test":
        return []
    if name.startswith("turning-"):
        return [PUBLIC if before == 0 else "127.0.0.1"]
    return {
        "inner.test": ["10.0.0.7"], "metadata.test": ["169.254.169.254"], "again.test": ["127.0.0.1"],
        "chain.test": ["CNAME middle.test.", "CNAME inner.test.", "10.0.0.7"], "mixed.test": [PUBLIC, "127.0.0.1"],
    }.get(name, [PUBLIC])  # fmt: skip


class Everywhere:
    """A server at every address of this network: leads on from `to-N.test`, answers all else;
    keeps where it was reached.
    """

    def __init__(self) -> None:
        self.reached: list[str] = []
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for port in (80, 22, 6379):
                door = socket.create_server((host, port), family=family)
                threading.Thread(target=self._accept, args=(door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            link, _ = door.accept()
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with link:
            self.reached.append(link.getsockname()[0])
            head = link.recv(65_536).decode("latin-1")
            host = next((line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("host:")), "")
            if host.startswith("to-"):
                lead = LEADS[int(host[3:].partition(".")[0])].encode()
                link.sendall(b"HTTP/1.1 307 X\r\nLocation: " + lead + b"\r\nContent-Length: 0\r\n\r\n")
            else:
                link.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: "
                    b"close\r\n\r\n{}"
                )


def by_pages(url: str) -> str:
    from web.net.page_fetch import FetchError, FetchLimits, FetchRules, fetch

    try:
        return str(fetch(url, rules=FetchRules("Test/1"), limits=FetchLimits()).status)
    except FetchError as error:
        return f"{error.code}: {error.message}"


def by_posts(url: str) -> str:
    from web.net.allowed_hosts import AddressRefusedError
    from web.net.pinned_post import CallFailedError, post

    try:
        return str(post(url, b"{}", headers={}, timeout_s=20).status)
    except (AddressRefusedError, CallFailedError) as error:
        return str(error)


def by_sign_in_get(url: str) -> str:
    return _by_session("GET", url)


def by_sign_in_post(url: str) -> str:
    return _by_session("POST", url)


def _by_session(method: str, url: str) -> str:
    from requests import RequestException

    from web.net.pinned_session import PinnedSession

    try:
        with PinnedSession([]) as session:
            return str(
                session.request(method, url, data={"client_secret": "s"} if method == "POST" else None).status_code
            )
    except RequestException as error:
        return str(error)


def by_openai(url: str) -> str:
    from generation.engine.clients.chat_completions import ChatCompletions
    from generation.engine.clients.openai import OpenAIClient

    spec, limits = _teacher("openai-compatible", url)
    return _asked(OpenAIClient(spec, "key", limits, form=ChatCompletions(spec, length_name="max_tokens")))


def by_anthropic(url: str) -> str:
    from generation.engine.clients.anthropic import AnthropicClient
    from generation.engine.clients.messages import Messages

    spec, limits = _teacher("anthropic", url)
    return _asked(AnthropicClient(spec, "key", limits, form=Messages(spec)))


def _teacher(provider: Any, url: str) -> tuple[Any, Any]:
    from generation.engine.contracts import Limits, TeacherSpec

    prices = {"input_usd_per_million": 1.0, "output_usd_per_million": 1.0}
    spec = TeacherSpec(name="t", provider=provider, model="m", base_url=url, **prices)
    return spec, Limits(private_hosts=[], timeout_s=20, concurrency=1)


def _asked(client: Any) -> str:
    from generation.engine.clients.interface import CallError, Question

    async def ask() -> str:
        question = Question("call", [{"role": "user", "content": "Hello"}], {}, 0, 0)
        try:
            return f"200 {(await client.ask(question)).unreadable}"
        except CallError as error:
            return f"{error.code}: {error.message}"
        finally:
            await client.close()

    return asyncio.run(ask())


def main(clients: list[str]) -> None:
    settings.configure(ALLOWED_PRIVATE_HOSTS=[], INSTALLED_APPS=[])
    django.setup()
    server = Everywhere()
    results: dict[str, dict[str, Any]] = {}
    with name_server.answering(rows, ("127.0.0.1", 53)):
        for name in clients:
            call: Callable[[str], str] = globals()[f"by_{name}"]
            hosts = [*OPEN, *NAMES, TURNING.format(name.replace("_", "-"))]
            urls = {host: f"http://{host}/" for host in hosts}
            urls |= {lead: f"http://to-{at}.test/" for at, lead in enumerate(LEADS)}
            results[name] = {}
            for what, url in urls.items():
                server.reached.clear()
                outcome = call(url)
                results[name][what] = {"said": outcome, "reached": list(server.reached)}
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
