"""Uploads that are too large for memory.

What a full disk does not take is gone at once, not when Python next looks for garbage.
"""

from __future__ import annotations

from contextlib import suppress

from django.core.files.uploadhandler import TemporaryFileUploadHandler


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
