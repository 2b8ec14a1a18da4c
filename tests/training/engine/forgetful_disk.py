"""A disk that keeps nothing but what was fsynced, for engines that lose their power.

`python -m tests.training.engine.forgetful_disk ROOT KEPT CUT_AT WHEN MODULE ARGUMENT…` runs an engine whose fsyncs are
noted: of a file its bytes at that moment, of a folder its names. At fsync number CUT_AT the process kills itself:
`before` the fsync took hold, `after` it, or `later`, some milliseconds on, which follow from CUT_AT. `forget` then puts
ROOT back to what such a disk would hold: files that were never fsynced are empty, names that no fsync of their folder
has seen are gone, and renames and deletions that none has seen have not happened. No real file system forgets more.
"""

from __future__ import annotations

import json
import os
import random
import runpy
import shutil
import signal
import stat
import sys
import threading
import time
from pathlib import Path


class Disk:
    """What of `root` has reached the disk, noted under `kept`, which lies outside of it on the same file system."""

    def __init__(self, root: Path, kept: Path) -> None:
        self._root, self._kept = root.resolve(), kept.resolve()
        self._open: list[int] = []
        self._lock = threading.Lock()
        for name in ("files", "folders", "pins"):
            (self._kept / name).mkdir(parents=True, exist_ok=True)

    def keep_all(self) -> None:
        """Take all there is as having been on the disk for long."""
        for folder, _, files in os.walk(self._root, topdown=False):
            for name in files:
                self._keep_file(Path(folder) / name)
            self._keep_folder(Path(folder))
        (self._kept / "root").write_text(str(self._root.stat().st_ino))

    def synced(self, descriptor: int) -> None:
        """Note one fsync."""
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(self._root) and path.exists():
            with self._lock:
                self._keep_folder(path) if path.is_dir() else self._keep_file(path)

    def forget(self) -> None:
        """Put the root back to what the disk holds."""
        shutil.rmtree(self._root)
        self._lay(self._root, int((self._kept / "root").read_text()))
        shutil.rmtree(self._kept)

    def _keep_file(self, path: Path) -> None:
        number = path.stat().st_ino
        beside = self._kept / f"{number}.part"
        shutil.copyfile(path, beside)
        beside.replace(self._kept / "files" / str(number))
        # A second name keeps the number from being given to another file.
        pin = self._kept / "pins" / str(number)
        if not pin.exists():
            os.link(path, pin)

    def _keep_folder(self, path: Path) -> None:
        # Held open, so that its number is not given to another folder while this engine lives.
        self._open.append(os.open(path, os.O_RDONLY))
        names = {entry.name: [entry.is_dir(), entry.inode()] for entry in os.scandir(path)}
        beside = self._kept / f"{path.stat().st_ino}.part"
        beside.write_text(json.dumps(names))
        beside.replace(self._kept / "folders" / str(path.stat().st_ino))

    def _lay(self, target: Path, number: int) -> None:
        target.mkdir()
        known = self._kept / "folders" / str(number)
        for name, (is_folder, inode) in (json.loads(known.read_text()) if known.exists() else {}).items():
            if is_folder:
                self._lay(target / name, inode)
                continue
            content = self._kept / "files" / str(inode)
            (target / name).write_bytes(content.read_bytes() if content.exists() else b"")


def run(root: Path, kept: Path, cut_at: int, when: str, module: str, *arguments: str) -> None:
    """Run `module` as a program until it ends or the power goes."""
    disk, real, count = Disk(root, kept), os.fsync, 0
    disk.keep_all()

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += stat.S_ISREG(os.fstat(descriptor).st_mode) or stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if count == cut_at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(descriptor)
        disk.synced(descriptor)
        if count == cut_at and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        if count == cut_at:
            threading.Thread(target=_cut_later, args=[cut_at], daemon=True).start()

    os.fsync = fsync
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _cut_later(seed: int) -> None:
    time.sleep(random.Random(seed).uniform(0, 0.03))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
