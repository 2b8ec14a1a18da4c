"""Package to install.

A copy of this checkout, or a wheel, with the locks, for an account that may not read their folder.
"""

from __future__ import annotations

import ast
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import locks

if TYPE_CHECKING:
    from one_install import Install

ROOT = Path(__file__).resolve().parent.parent
# What builds a wheel, beside the folders that setup.py names. Settings, data and old builds of a checkout stay where
# they are.
BUILDS = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
LEFT_OUT = ("__pycache__", ".pyc")


def folders() -> list[str]:
    """Return the folders that go into a wheel."""
    named = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse((ROOT / "setup.py").read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    return [named["PACKAGE"], *named["ROOMS"], *named["DATA"]]


def pack(wheel: Path | None) -> IO[bytes]:
    """Return an archive of the checkout's source or of a wheel, and of the locks, in a file without a name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (it outlives this)
    sources = [wheel] if wheel else [ROOT / name for name in (*BUILDS, *folders())]
    with tarfile.open(fileobj=file, mode="w") as archive:
        for path in sources:
            archive.add(path, path.name, filter=_without_leftovers)
        for name in locks.EXTRAS:
            archive.add(locks.path_of(name), f"deploy/{name}.lock")
    return file


def _without_leftovers(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith(LEFT_OUT) else member


@contextmanager
def unpacked(file: IO[bytes], folder: Path) -> Iterator[Path]:
    """Give a folder of its own, within another, that holds what was packed as long as the block lasts."""
    file.seek(0)
    with (
        tempfile.TemporaryDirectory(prefix=".package-", dir=folder) as place,
        tarfile.open(fileobj=file, mode="r") as archive,
    ):
        # Python 3.11 has the safe way from its fourth release on; what is unpacked was packed here.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(place)  # noqa: S202
        yield Path(place)


def install_packed(install: Install) -> None:
    """Install what was packed, in a dry run what would be."""
    if install.package is None:
        run_pip(install, ROOT)
        return
    with unpacked(install.package, install.folder) as place:
        run_pip(install, place)


def run_pip(install: Install, place: Path) -> None:
    """Install from the lock, each file by its hash; extras that no lock is for by the lock's versions.

    Args:
        install: The run.
        place: Folder that holds what is installed and the locks.
    """
    flags, pip = install.flags, (install.python, "-m", "pip", "install", "-q")
    extras = frozenset(filter(None, flags.extras.split(",")))
    package = (place / flags.wheel.name if install.package else flags.wheel) if flags.wheel else place
    if lock := locks.whole_for(extras):
        install.run(*pip, "--require-hashes", "-r", place / "deploy" / lock.name)
    else:
        versions = place / "versions.txt"
        if install.package:
            versions.write_text(locks.versions_for(extras))
        install.run(*pip, "--upgrade", "-c", versions, f"{package}[{flags.extras}]" if extras else package)
    # Without force pip keeps what is there of a wheel that was built anew under the same version.
    if lock or flags.wheel:
        install.run(*pip, "--no-deps", "--no-build-isolation", "--force-reinstall", package)
