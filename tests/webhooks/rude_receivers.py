"""Receivers of webhooks on loopback that do anything but answer: each keeps its connection busy in a way of its own."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

STATUS = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(8 * 2**20))
Say = Callable[[bytes], None]
Pause = Callable[[], None]


def never_answers(say: Say, pause: Pause) -> None:
    while True:
        pause()


def drips_its_headers(say: Say, pause: Pause) -> None:
    say(STATUS)
    while True:
        say(b"x-more: y\r\n")
        pause()


def drips_its_body(say: Say, pause: Pause) -> None:
    say(STATUS + b"content-length: 1000000\r\n\r\n")
    while True:
        say(b"x")
        pause()


def never_finishes_saying_continue(say: Say, pause: Pause) -> None:
    while True:
        say(b"HTTP/1.1 100 Continue\r\n\r\n")
        pause()


def never_ends_its_headers(say: Say, pause: Pause) -> None:
    say(STATUS + b"x-more: ")
    while True:
        say(b"y" * 65_536)


def never_ends_its_body(say: Say, pause: Pause) -> None:
    say(STATUS + b"content-length: 10737418240\r\n\r\n")
    while True:
        say(b"z" * 65_536)


def answers_with_a_bomb(say: Say, pause: Pause) -> None:
    say(STATUS + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB) + BOMB)


def answers_and_never_closes(say: Say, pause: Pause) -> None:
    say(STATUS + b"content-length: 2\r\n\r\nok")
    while True:
        pause()


def leads_back_to_itself(say: Say, pause: Pause) -> None:
    say(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n")


def answers_with_no_http(say: Say, pause: Pause) -> None:
    say(b"\x00\xff" * 100 + b"\r\n\r\n")


STALLING = [never_answers, drips_its_headers, drips_its_body, never_finishes_saying_continue]
FLOODING = [
    never_ends_its_headers, never_ends_its_body, answers_with_a_bomb, answers_and_never_closes, leads_back_to_itself,
    answers_with_no_http,
]  # fmt: skip


class RudeReceiver:
    """What a receiver was asked and how much it got rid of."""

    def __init__(self) -> None:
        self.url, self.calls, self.sent = "", 0, 0


@contextmanager
def rude(way: Callable[[Say, Pause], None]) -> Iterator[RudeReceiver]:
    """A receiver of this way, until the block ends."""
    receiver, is_over = RudeReceiver(), threading.Event()

    def pause() -> None:
        if is_over.wait(0.02):
            raise ConnectionError

    def serve(link: socket.socket) -> None:
        def say(content: bytes) -> None:
            pause_if_over()
            link.sendall(content)
            receiver.sent += len(content)

        with link, suppress(OSError):
            link.recv(65_536)
            receiver.calls += 1
            way(say, pause)

    def pause_if_over() -> None:
        if is_over.is_set():
            raise ConnectionError

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        receiver.url = f"http://127.0.0.1:{door.getsockname()[1]}/hook"
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield receiver
        finally:
            is_over.set()
            door.shutdown(socket.SHUT_RDWR)
