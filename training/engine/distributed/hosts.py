"""A run over several hosts: files that the others get from the first, and the network interface they meet by.

Each host has a disk of its own, and only the first process writes checkpoints and best weights.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import distributed

from training.engine.disk import make_folder

BLOCK_BYTES: Final = 16 << 20
_ADDRESS_OF_INTERFACE: Final = 0x8915  # SIOCGIFADDR of Linux


def are_several() -> bool:
    """Return whether this process computes together with processes of other hosts."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    return processes > int(os.environ.get("LOCAL_WORLD_SIZE", processes))


def share(files: Sequence[Path], *, to: Path) -> None:
    """Copy files of the first process to all other hosts; their first process writes them.

    All processes call it together.

    Args:
        files: The first process's; what others give does not count.
        to: Where the folder that the files lie in, known by its name, is on the other hosts.
    """
    listing: list[list[tuple[str, int]]] = [
        [(f"{file.parent.name}/{file.name}", file.stat().st_size) for file in files]
    ]
    distributed.broadcast_object_list(listing, src=0)
    writes = distributed.get_rank() > 0 and os.environ.get("LOCAL_RANK") == "0" and not _is_first_host()
    for place, (name, size) in enumerate(listing[0]):
        _share_file(files[place] if distributed.get_rank() == 0 else None, to / name if writes else None, size)
    distributed.barrier()


def interface_towards(address: str, port: int) -> str | None:
    """Name of the interface that this host reaches an address by; None where the system does not tell, as with IPv6."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, port))
        except OSError:
            return None
        own = probe.getsockname()[0]
        return next((name for _, name in socket.if_nameindex() if _address_of(name, probe) == own), None)


def _is_first_host() -> bool:
    return distributed.get_rank() < int(os.environ["LOCAL_WORLD_SIZE"])


def _share_file(source: Path | None, target: Path | None, size: int) -> None:
    draft = None if target is None else target.with_name(f".{target.name}.draft")
    if draft is not None:
        make_folder(draft.parent)
        draft.write_bytes(b"")
    device = torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")
    for start in range(0, size, BLOCK_BYTES):
        count = min(BLOCK_BYTES, size - start)
        block = torch.empty(count, dtype=torch.uint8)
        if source is not None:
            with source.open("rb") as file:
                file.seek(start)
                block = torch.frombuffer(bytearray(file.read(count)), dtype=torch.uint8)
        block = block.to(device)
        distributed.broadcast(block, src=0)
        if draft is not None:
            with draft.open("ab") as file:
                file.write(block.cpu().numpy().tobytes())
    if draft is not None and target is not None:
        draft.replace(target)


def _address_of(interface: str, probe: socket.socket) -> str:
    try:
        answer = fcntl.ioctl(probe.fileno(), _ADDRESS_OF_INTERFACE, struct.pack("256s", interface.encode()[:15]))
    except OSError:
        return ""
    return socket.inet_ntoa(answer[20:24])
