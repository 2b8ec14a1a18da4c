"""Folder of stored mails: one file for each of the newest 2,000, named by time and Message-ID."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path

from campaigns.replies.parsing.parse_mail import decode_words

MAX_MAILS = 2_000
TRIM_EVERY = 200
HEAD_BYTES = 8_192
NAME = re.compile(r"\d{20}-[0-9a-f]{16}")


@dataclass(frozen=True)
class KeptMail:
    """Header of a stored mail; `name` is its file name without extension."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str


class MailFolder:
    """Folder of mails, shared by the sink that writes and the page that reads."""

    def __init__(self, folder: Path, *, most: int = MAX_MAILS) -> None:
        self.folder, self.most = folder, most
        self._kept = 0

    def keep(self, raw: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Store a mail unchanged after the header fields of a delivering server; return its name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        match = re.search(rb"^message-id:\s*<([^<>\s]+)>", raw[:HEAD_BYTES], re.IGNORECASE | re.MULTILINE)
        name = f"{time.time_ns():020d}-{digest_of(match[1].decode('ascii', 'replace') if match else raw.hex())}"
        head = f"Return-Path: <{sender}>\r\n" + "".join(f"Delivered-To: {each}\r\n" for each in recipients)
        part = self.folder / f".{name}.part"
        part.write_bytes(head.encode("utf-8", "replace") + raw)
        part.rename(self.folder / f"{name}.eml")
        self._kept += 1
        if self._kept % TRIM_EVERY == 0:
            self.trim()
        return name

    def trim(self) -> None:
        """Delete the oldest mails beyond the limit."""
        for name in self.names()[self.most :]:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / f"{name}.eml").unlink()

    def newest(
        self, *, query: str = "", before: str = "", may_see: Callable[[str], bool] = lambda name: True
    ) -> Iterator[KeptMail]:
        """Yield mails, the newest first.

        Args:
            query: Part of an address or subject; empty matches all.
            before: Name of a mail to continue after; empty begins with the newest.
            may_see: Test by name whether the reader may see a mail.
        """
        needle = query.strip().casefold()
        for name in self.names():
            if (before and name >= before) or not may_see(name):
                continue
            kept = self._head(name)
            if kept and (not needle or needle in f"{kept.to} {kept.subject}".casefold()):
                yield kept

    def read(self, name: str) -> bytes | None:
        """Return a mail's bytes; None if there is none of that name."""
        if not NAME.fullmatch(name):
            return None
        try:
            return (self.folder / f"{name}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def of_message_id(self, message_id: str) -> str:
        """Return the name of the mail with this Message-ID, empty if there is none."""
        ending = digest_of(message_id)
        return next((name for name in self.names() if name.endswith(f"-{ending}")), "")

    def names(self) -> list[str]:
        """Return the names of all stored mails, the newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((path.stem for path in self.folder.glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)

    def _head(self, name: str) -> KeptMail | None:
        try:
            with (self.folder / f"{name}.eml").open("rb") as file:
                mail = message_from_bytes(file.read(HEAD_BYTES))
        except FileNotFoundError:
            return None
        at = datetime.fromtimestamp(int(name[:20]) / 1e9, tz=UTC)
        to = str(mail.get("Delivered-To") or mail.get("To") or "")
        sender = parseaddr(decode_words(str(mail.get("From", ""))))
        return KeptMail(name, at, sender[0] or sender[1], to.strip(), decode_words(str(mail.get("Subject", ""))))


def digest_of(message_id: str) -> str:
    """Return the digest of a Message-ID, the part of a mail's name after the dash."""
    return sha256(message_id.encode()).hexdigest()[:16]
