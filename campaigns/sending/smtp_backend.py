"""Django's SMTP backend that also tells how far a conversation had come when it broke.

A connection that is lost before the text of a mail went over has delivered nothing; one that is lost after may have.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


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
    """A plain or STARTTLS connection."""


class StagedSMTPOverTLS(_Staged, smtplib.SMTP_SSL):
    """A connection in TLS from its first byte."""


class EmailBackend(DjangoBackend):
    """Sends by SMTP, as Django does; `may_have_delivered` says what a broken connection leaves open."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return StagedSMTPOverTLS if self.use_ssl else StagedSMTP

    @property
    def may_have_delivered(self) -> bool:
        """Whether the text of the last mail had gone over."""
        return bool(getattr(self.connection, "has_sent_text", True))

    def rest(self) -> None:
        """Drop the connection without a word, where one is left that may be broken."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
