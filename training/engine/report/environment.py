"""Environment of a run's last attempt, read at its end: packages, CUDA, driver, devices, the product's commit."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Final

import torch

from training.engine.contracts import Environment

PRODUCT: Final = "miniatures"
PACKAGES: Final = (
    PRODUCT,
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "tokenizers",
    "safetensors",
    "numpy",
    "bitsandbytes",
)
_ROOT = Path(__file__).resolve().parents[3]
_COMMIT = re.compile(r"[0-9a-f]{40}")


def read() -> Environment:
    """Return the environment of this process; what cannot be read is None or left out, never guessed."""
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages=_versions(),
        cuda=torch.version.cuda,
        driver=_driver(),
        devices=_devices(),
        commit=commit_of(_ROOT),
    )


def commit_of(root: Path) -> str | None:
    """Return the commit that a checkout stands on; None where the code is installed without its history."""
    git = root / ".git"
    if git.is_file():
        # A work tree of its own names its folder in this file.
        git = (root / git.read_text("utf-8").removeprefix("gitdir:").strip()).resolve()
    head = _text(git / "HEAD")
    name = head.removeprefix("ref:").strip()
    if name == head:
        return head if _COMMIT.fullmatch(head) else None
    common = (git / (_text(git / "commondir") or ".")).resolve()
    loose = _text(git / name) or _text(common / name)
    if loose:
        return loose if _COMMIT.fullmatch(loose) else None
    packed = (line.split() for line in _text(common / "packed-refs").splitlines())
    return next((line[0] for line in packed if line[1:] == [name] and _COMMIT.fullmatch(line[0])), None)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _devices() -> list[str]:
    if not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


def _driver() -> str | None:
    if not torch.cuda.is_available():
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
        version = pynvml.nvmlSystemGetDriverVersion()
    except Exception:
        # The package is optional, and a driver may refuse any question.
        return None
    return version.decode() if isinstance(version, bytes) else str(version)
