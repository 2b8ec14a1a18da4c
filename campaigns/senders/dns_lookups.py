"""Ask DNS for a domain's records, with limits of time. It knows resolvers, and nothing of mail."""

from __future__ import annotations

import ipaddress
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from dns.exception import DNSException
from dns.rdatatype import RdataType
from dns.resolver import NXDOMAIN, Resolver

DNS_PORT = 53
QUESTION_S, TOTAL_S = 3.0, 12.0


class LookupFailed(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A question has no answer: nothing is known of the record, not even that it is missing."""


class DnsLookups:
    """The questions of one check. An answer is kept, so no question is asked twice.

    Args:
        question_s: Seconds that one question may take, retries included.
        total_s: Seconds that all questions may take together; later ones fail at once.
    """

    def __init__(self, server: str = "", *, question_s: float = QUESTION_S, total_s: float = TOTAL_S) -> None:
        self._server, self._question_s = server, question_s
        self._ends = monotonic() + total_s
        self._resolver: Resolver | None = None
        self._answers: dict[tuple[str, str], list[Any] | LookupFailed] = {}

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each with its strings joined; an empty list when it has none.

        Raises:
            LookupFailed: The server failed, refused or did not answer in time.
        """
        # Servers turn the order of rows at will; a check asked twice is to say the same.
        return sorted(b"".join(row.strings).decode("utf-8", "replace") for row in self._rows(name, "TXT"))

    def mail_servers(self, name: str) -> list[str]:
        """Return the hosts of a name's MX records, best first; `""` is a null MX (RFC 7505).

        Raises:
            LookupFailed: The server failed, refused or did not answer in time.
        """
        rows = sorted(self._rows(name, "MX"), key=lambda row: (row.preference, str(row.exchange)))
        return [str(row.exchange).rstrip(".") for row in rows]

    def addresses(self, name: str) -> list[str]:
        """Return the IP addresses of a name, aliases followed, in order; of an address itself that.

        Raises:
            LookupFailed: The server failed, refused or did not answer in time.
        """
        try:
            return [str(ipaddress.ip_address(name))]
        except ValueError:
            return sorted(str(row.address) for kind in ("A", "AAAA") for row in self._rows(name, kind))

    def _rows(self, name: str, kind: str) -> list[Any]:
        key = (name.lower().rstrip("."), kind)
        if key not in self._answers:
            self._answers[key] = self._ask(*key)
        answer = self._answers[key]
        if isinstance(answer, LookupFailed):
            raise answer
        return answer

    def _ask(self, name: str, kind: str) -> list[Any] | LookupFailed:
        left = self._ends - monotonic()
        if left <= 0:
            return LookupFailed(f"{name}: the time for all look-ups ran out")
        try:
            self._resolver = self._resolver or _resolver(self._server, self._question_s)
            answer = self._resolver.resolve(
                f"{name}.",
                RdataType[kind],
                lifetime=min(left, self._question_s),
                search=False,
                raise_on_no_answer=False,
            )
        except NXDOMAIN:
            return []
        except LookupFailed as failed:
            return failed
        except (DNSException, OSError, ValueError) as error:
            return LookupFailed(f"{name}: {type(error).__name__}")
        return list(answer.rrset or [])


def _resolver(server: str, question_s: float) -> Resolver:
    resolver = Resolver(configure=not server)
    # Two tries fit into one question's time, since datagrams get lost.
    resolver.timeout = question_s / 2
    if server:
        host, resolver.port = parse_server(server)
        resolver.nameservers = [host]
    return resolver


def parse_server(server: str) -> tuple[str, int]:
    """Return address and port of a resolver written as `10.0.0.2:53` or `[::1]:53`; the port may be left out.

    Raises:
        LookupFailed: It is no IP address with a port.
    """
    try:
        parts = urlsplit(f"//{server}")
        return str(ipaddress.ip_address(parts.hostname or "")), parts.port or DNS_PORT
    except ValueError:
        raise LookupFailed(f"DNS_SERVER is '{server}'; write an address and port, such as 10.0.0.2:53") from None
