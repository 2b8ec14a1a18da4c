"""A DNS server on this machine: a thread that speaks the wire format over UDP and knows the records it is given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

# Names that the server fails for, and that it never answers.
FAILS, SILENT = "fails", "silent"


@dataclass
class DnsServer:
    """Records by name and kind, as `records["acme.com TXT"] = ['"v=spf1 -all"']`; what was asked, in order."""

    address: str
    records: dict[str, list[str] | str]
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        known = self.records.get(f"{name} {kind}")
        if known == SILENT:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if known == FAILS:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif known:
            response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, list(known)))
        elif not any(held.split()[0] == name for held in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def dns_server(records: dict[str, list[str] | str]) -> Iterator[DnsServer]:
    """Answer questions until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        host, port = listening.getsockname()
        server = DnsServer(f"{host}:{port}", records)
        thread = threading.Thread(target=_serve, args=(listening, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", (host, port))
            thread.join()


def _serve(listening: socket.socket, server: DnsServer) -> None:
    while True:
        wire, caller = listening.recvfrom(4096)
        if not wire:
            return
        if (answer := server.answer(wire)) is not None:
            listening.sendto(answer, caller)
