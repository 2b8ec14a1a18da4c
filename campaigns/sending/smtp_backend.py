"""Django's SMTP backend that also tells how far a conversation had come when it broke.

A connection that is lost before the text of a mail went over has delivered nothing; one that is lost after may have.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from email.generator import BytesGenerator
from email.policy import Compat32
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend
from django.core.mail.message import sanitize_address

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


# Addresses, bare or after a plain or quoted name, in which Django's parser, which takes as long as a query, finds the
# same.
_BARE = r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
_NAME = r"(?:[A-Za-z0-9]+(?: [A-Za-z0-9]+)*|\"[A-Za-z0-9 .,]+\")"
_PLAIN_ADDRESS = re.compile(rf"(?P<bare>{_BARE})|{_NAME} <(?P<named>{_BARE})>")
_FITS = re.compile(r"[!-~]+(?: [!-~]+)*")


class ShortLines(Compat32):
    """Writes a header that fits into its line as it is; every other one as Python does, with the same outcome."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        room = (self.max_line_length or 0) - len(name) - len(": ")
        if isinstance(value, str) and len(value) < room and _FITS.fullmatch(value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_LINES = ShortLines(linesep="\r\n")


def as_bytes(mail: EmailMessage) -> bytes:
    """Return a mail as it goes over the wire, as Django writes it."""
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=_LINES).flatten(mail.message())
    return written.getvalue()


class _Staged:
    """Remembers whether the text of the mail in hand has gone over."""

    has_sent_text = False

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        self.has_sent_text = False
        return super().mail(sender, options)  # type: ignore[misc,no-any-return]

    def send(self, s: ReadableBuffer | str) -> None:
        # Of all commands only the text itself is longer than a line, and it ends with the lone full stop.
        end = s[-5:].encode("ascii", "replace") if isinstance(s, str) else bytes(memoryview(s)[-5:])
        if end == b"\r\n.\r\n":
            self.has_sent_text = True
        super().send(s)  # type: ignore[misc]


class StagedSMTP(_Staged, smtplib.SMTP):
    pass


class StagedSMTPOverTLS(_Staged, smtplib.SMTP_SSL):
    """A connection in TLS from its first byte."""


class EmailBackend(DjangoBackend):
    """Sends by SMTP, as Django does; `may_have_delivered` says what a broken connection leaves open."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return StagedSMTPOverTLS if self.use_ssl else StagedSMTP

    @property
    def may_have_delivered(self) -> bool:
        """Tell whether the text of the last mail had gone over."""
        return bool(getattr(self.connection, "has_sent_text", True))

    def _send(self, email_message: EmailMessage) -> bool:
        """Send one mail; unlike Django's, it writes plain headers and addresses without parsing them."""
        if self.connection is None or not email_message.recipients():
            return False
        sender, *recipients = [
            envelope_address(each) for each in (email_message.from_email, *email_message.recipients())
        ]
        raw = as_bytes(email_message)
        try:
            self.connection.sendmail(sender, recipients, raw)
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True

    def rest(self) -> None:
        """Drop the connection without a word, where one is left that may be broken."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def envelope_address(address: str) -> str:
    """Return an address as SMTP's MAIL and RCPT take it.

    Raises:
        ValueError: It is none.
    """
    plain = _PLAIN_ADDRESS.fullmatch(address)
    return plain["bare"] or plain["named"] if plain else sanitize_address(address, "utf-8")
