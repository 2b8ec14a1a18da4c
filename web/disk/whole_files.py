"""Stored and uploaded files of which nothing stays behind when a disk fills up half-way."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, Any

from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from web.disk import full_disk
from web.errors import Refusal


class WholeFileSystemStorage(FileSystemStorage):
    """Django's storage in a folder; what it could not write to the end is gone again, and its room with it."""

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Store a file under its name, or one like it where that is taken; returns which.

        Raises:
            Refusal: 507, the disk filled up.
        """
        free = self.get_available_name(name or str(content.name), max_length)
        try:
            with full_disk.refused("a file was stored", str(self.location)):
                return super().save(free, content, max_length)
        except Refusal:
            # A file of the full size is another's, who took the name at this very moment.
            if self.exists(free) and self.size(free) < content.seek(0, os.SEEK_END):
                self.delete(free)
            raise


class NothingHalfWritten(TemporaryFileUploadHandler):
    """Django's handler, which leaves a half-written file to whoever holds the error that ended it."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a part.

        Raises:
            OSError: The disk did not take it; the file is removed.
        """
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            # Closing writes what is left, fails as before, and removes the file.
            with suppress(OSError):
                self.file.close()
            raise
