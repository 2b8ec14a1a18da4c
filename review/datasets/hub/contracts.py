"""Contracts for the engines that send to a hub. Pydantic, no Django."""

from __future__ import annotations

from jobs.contracts import Wire


class HubSpec(Wire):
    """Destination of one push to a hub.

    Attributes:
        repository: `owner/name` on the hub.
        private: Whether a repository that is made now is hidden.
        endpoint: The hub's address; empty for the one its library knows.
        token: Name of the secret that opens it.
        message: Of the commits.
    """

    repository: str
    private: bool
    endpoint: str
    token: str
    message: str


class HubFile(Wire):
    """One Parquet file, relative to the run directory."""

    format: str
    split: str
    path: str
    rows: int


class DatasetPush(HubSpec):
    """Files of a frozen version.

    Attributes:
        card: The data card, relative to the run directory.
        files: What to send; a configuration of the dataset for each format.
    """

    card: str
    files: list[HubFile]


class ModelPush(HubSpec):
    """Files of a model.

    Attributes:
        folder: Where they lie, relative to the run directory.
        files: Paths below it, the same in the repository.
    """

    folder: str
    files: list[str]
