"""Reading a stored file from a place in it, without taking the rest along: from a disk, or from S3 by a ranged request.

Storages open a file of S3 by downloading it whole. It does not know what the files hold.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

from django.core.files.storage import default_storage


def open_at(path: str, start: int = 0) -> BinaryIO:
    """A stored file, to be read from a byte on and closed.

    Args:
        path: Its name in the default storage.
        start: The first byte; not beyond the last.

    Raises:
        FileNotFoundError: There is no such file.
    """
    bucket = getattr(default_storage, "bucket", None)
    if bucket is None:
        handle = default_storage.open(path, "rb")
        handle.seek(start)
        return cast(BinaryIO, handle)
    # botocore's body reads from the connection as it is asked.
    storage = cast(Any, default_storage)
    found = bucket.Object(storage._normalize_name(path)).get(Range=f"bytes={start}-")
    return cast(BinaryIO, io.BufferedReader(found["Body"], buffer_size=1 << 18))
