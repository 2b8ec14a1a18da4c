"""Scratch databases for trial restores: a file in a temporary folder, or a database of its own on the same server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, connection

from web.errors import Refusal

# PostgreSQL cuts longer names.
LONGEST_NAME = 63
# What the process of the trial connects by.
CONNECTION_KEYS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


@contextmanager
def database(folder: Path) -> Iterator[dict[str, Any]]:
    """Settings of an empty database beside the connected one, which is not touched; dropped after the block.

    Raises:
        Refusal: The role may not create databases.
    """
    settings = {key: connection.settings_dict[key] for key in CONNECTION_KEYS if key in connection.settings_dict}
    if connection.vendor != "postgresql":
        yield {**settings, "NAME": str(folder / "trial.sqlite3")}
        return
    name = f"{str(settings['NAME'])[: LONGEST_NAME - 21]}_trial_{uuid4().hex[:12]}"
    _create(name)
    try:
        yield {**settings, "NAME": name}
    finally:
        _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(name: str) -> None:
    try:
        _execute(f'CREATE DATABASE "{name}"')
    except DatabaseError as error:
        raise Refusal(
            "no_scratch_database",
            f"No scratch database could be created for the trial restore: {str(error).strip()}.",
            hint="Give the database's role the right CREATEDB, or back up with --no-verify.",
        ) from None


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
