"""A line between a host and the others that a test can cut: packets vanish, connections stay open,
as behind a firewall.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading


class Line:
    """Forwards one loopback port to another; any number of connections, one thread."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._whole = threading.Event()
        self._whole.set()
        self._ended = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """From now on nothing gets through, and nobody is told."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through again, what was held back included."""
        self._whole.set()

    def close(self) -> None:
        self._ended.set()
        self._whole.set()
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            if not self._whole.wait(0.1):
                continue
            for key, _ in self._selector.select(0.1):
                if not self._whole.is_set():
                    break
                if key.fileobj is self._door:
                    self._accept()
                else:
                    self._forward(key.fileobj, key.data)

    def _accept(self) -> None:
        caller, _ = self._door.accept()
        try:
            called = socket.create_connection(self._target, timeout=5)
        except OSError:
            caller.close()
            return
        called.settimeout(None)
        self._selector.register(caller, selectors.EVENT_READ, called)
        self._selector.register(called, selectors.EVENT_READ, caller)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            if data := source.recv(1 << 16):
                target.sendall(data)
                return
        for end in (source, target):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(end)
            end.close()
