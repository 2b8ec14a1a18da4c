"""Contracts for the engine that pushes a version to a hub. Pydantic, no Django."""

from __future__ import annotations

from jobs.contracts import Wire


class HubFile(Wire):
    """One Parquet file, relative to the run directory."""

    format: str
    split: str
    path: str
    rows: int


class HubSpec(Wire):
    """Destination and files of one push to a hub.

    Attributes:
        repository: `owner/name` on the hub.
        private: Whether a repository that is made now is hidden.
        endpoint: The hub's address; empty for the one its library knows.
        token: Name of the secret that opens it.
        card: The data card, relative to the run directory.
        message: Of the commits.
        files: What to send; a configuration of the dataset for each format.
    """

    repository: str
    private: bool
    endpoint: str
    token: str
    card: str
    message: str
    files: list[HubFile]
