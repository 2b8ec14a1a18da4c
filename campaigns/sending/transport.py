"""One mail over Django's mail backend, and what came back, in five words that decide what becomes of it.

Knows SMTP's answers and anymail's errors. Does not know rows, and sends no mail twice: no retry happens here.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.mail import EmailMessage, get_connection

from campaigns.replies.parsing import refusals

# HTTP statuses of a provider's API that speak of us (key, account, address), and of load.
ABOUT_US = frozenset({401, 402, 403, 404})
TOO_MUCH = 429


class SendResult(StrEnum):
    """Knowledge of a mail after it was handed over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # not now; nothing was accepted
    UNKNOWN = "unknown"  # the connection was lost when it may have been accepted
    AWAY = "away"  # nothing was handed over, and the next mail would fare no better


@dataclass(frozen=True)
class ServerReply:
    """Answer of the server.

    Attributes:
        text: Its words, in one line.
        code: Reply code of SMTP or HTTP, 0 where there was none.
    """

    fate: SendResult
    text: str = ""
    code: int = 0
    is_hard: bool = False


class MailConnection:
    """A connection that is kept over many mails; for one thread. Use as a context manager."""

    def __init__(self) -> None:
        self._backend: Any = get_connection(fail_silently=False)

    def __enter__(self) -> MailConnection:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def opened(self) -> ServerReply | None:
        """Connect if need be; None, or why nothing can be sent now. Ask before a mail is claimed."""
        kept = getattr(self._backend, "connection", None)
        if kept is not None and getattr(kept, "sock", kept) is None:
            # Closed by the other side; Django's backend would keep using it.
            self._drop()
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return ServerReply(SendResult.AWAY, _line(error), getattr(error, "smtp_code", 0))
        return None

    def alive(self) -> bool:
        """Tell whether a kept connection still answers; one that does not is dropped, and `opened` makes a new one.

        Servers close connections after some mails or some idle seconds. Finding out before a mail is claimed costs a
        round trip and spares a mail of unknown fate.
        """
        kept = getattr(self._backend, "connection", None)
        noop = getattr(kept, "noop", None)
        if noop is None:
            return True
        try:
            is_alive = bool(noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            is_alive = False
        if not is_alive:
            self._drop()
        return is_alive

    def send(self, mail: EmailMessage) -> ServerReply:
        """Hand one mail with one recipient over. Never raises what a server or a network can cause."""
        try:
            self._backend.send_messages([mail])
        except smtplib.SMTPException as error:
            return self._smtp(error)
        except OSError as error:
            # Anymail's errors of a provider's API are among these: `requests` builds on OSError.
            return self._other(error)
        except Exception as error:
            if type(error).__module__.startswith("anymail"):
                return self._other(error)
            if isinstance(error, ValueError):
                # An address or a header that cannot be written down; nothing has gone over.
                return ServerReply(SendResult.REFUSED, _line(error))
            raise
        return self._accepted(mail)

    def _smtp(self, error: smtplib.SMTPException) -> ServerReply:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, answer_text = next(iter(error.recipients.values()))
            text = _decoded(answer_text)
            fate = SendResult.REFUSED if code >= 500 else SendResult.DEFERRED
            is_hard = fate == SendResult.REFUSED and refusals.is_hard(text, code=code)
            return ServerReply(fate, text, code, is_hard=is_hard)
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
            code, text = error.smtp_code, _decoded(error.smtp_error)
            if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPAuthenticationError):
                self._drop()
                return ServerReply(SendResult.AWAY, text, code)
            is_final = code >= 500
            is_hard = is_final and refusals.is_hard(text, code=0)
            return ServerReply(SendResult.REFUSED if is_final else SendResult.DEFERRED, text, code, is_hard=is_hard)
        return self._lost(error)

    def _other(self, error: Exception) -> ServerReply:
        code = int(getattr(error, "status_code", None) or 0)
        if not code:
            if type(error).__name__ in {"AnymailRecipientsRefused", "AnymailInvalidAddress"}:
                return ServerReply(SendResult.REFUSED, _line(error))
            return self._lost(error)
        if code in ABOUT_US or code == TOO_MUCH:
            return ServerReply(SendResult.AWAY if code in ABOUT_US else SendResult.DEFERRED, _line(error), code)
        # A provider that broke down while it answered may have taken the mail.
        return ServerReply(SendResult.REFUSED if code < 500 else SendResult.UNKNOWN, _line(error), code)

    def _lost(self, error: Exception) -> ServerReply:
        may_have = bool(getattr(self._backend, "may_have_delivered", True))
        self._drop()
        return ServerReply(
            SendResult.UNKNOWN if may_have else SendResult.DEFERRED, f"The connection was lost: {_line(error)}"
        )

    def _accepted(self, mail: EmailMessage) -> ServerReply:
        status = getattr(mail, "anymail_status", None)
        refused = getattr(status, "status", None) or set()
        if refused & {"rejected", "invalid", "failed"}:
            return ServerReply(SendResult.REFUSED, f"The provider took it for {', '.join(sorted(refused))}.")
        return ServerReply(SendResult.ACCEPTED, text=str(getattr(status, "message_id", None) or ""))

    def _drop(self) -> None:
        drop = getattr(self._backend, "rest", None)
        if drop is not None:
            drop()


def _decoded(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:300]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
