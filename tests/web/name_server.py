"""A name server on UDP whose answers change as they are asked for:
for tests of names that lead elsewhere the second time.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.rrset

# From a name, `A` or `AAAA`, and how often that was asked before, to rows: addresses, or `CNAME target` first.
Answers = Callable[[str, str, int], list[str] | None]


class NameServer:
    """Answers by a function, and counts what it was asked.

    Attributes:
        questions: How often each name and kind was.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.questions: Counter[tuple[str, str]] = Counter()

    def answer(self, question: bytes) -> bytes | None:
        """The answer to a datagram; None for none at all."""
        query = dns.message.from_wire(question)
        name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        text = name.to_text(omit_final_dot=True).lower()
        rows = self._answers(text, kind, self.questions[text, kind])
        self.questions[text, kind] += 1
        if rows is None:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        owner = f"{text}."
        for row in rows:
            row_kind, _, target = row.rpartition(" ")
            # Nothing is to be kept.
            reply.answer.append(dns.rrset.from_text(owner, 0, "IN", row_kind or kind, target))
            owner = target if row_kind == "CNAME" else owner
        return reply.to_wire()


@contextmanager
def answering(answers: Answers, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[tuple[NameServer, int]]:
    """A name server and its port, until the block ends."""
    server = NameServer(answers)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(address)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    question, asker = door.recvfrom(4096)
                    if (reply := server.answer(question)) is not None:
                        door.sendto(reply, asker)

        threading.Thread(target=serve, daemon=True).start()
        yield server, door.getsockname()[1]
