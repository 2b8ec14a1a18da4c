"""The site behind a real uvicorn on a port of its own, to be stopped and started again in the middle of work."""

from __future__ import annotations

import asyncio
import threading
import time

import uvicorn
from django.core.asgi import get_asgi_application

from tests.postgres_server import free_port

STARTED_WITHIN_S = 60


class Site:
    """One server at a time on one port, in a thread of this process."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return when it answers."""
        config = uvicorn.Config(
            get_asgi_application(), host="127.0.0.1", port=self.port, log_level="warning", access_log=False,
            lifespan="off", timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)
        self.thread.start()
        deadline = time.monotonic() + STARTED_WITHIN_S
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        """Close the port; what was in the air is cut off."""
        self.server.force_exit = self.server.should_exit = True
        self.thread.join(20)
