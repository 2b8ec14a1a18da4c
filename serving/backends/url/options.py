"""Settings of the `url` backend. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from training.engine.contracts import Part


class UrlOptions(Part):
    """Options of the backend `url`.

    Attributes:
        base_url: Address of the server, `/v1` included.
        secret_ref: Name of the secret that holds its key; empty for none.
        private_hosts: Private hosts that may be called; see `web.net.ssrf.pin`.
        way: `completions` sends and gets token ids, which vLLM does; `chat` leaves the template to the server.
        names: Names of models on the server by a miniature's own; one without an entry has its own name there.
    """

    base_url: str
    secret_ref: str = ""
    private_hosts: list[str] = Field(default_factory=list)
    way: Literal["completions", "chat"] = "completions"
    names: dict[str, str] = Field(default_factory=dict)
