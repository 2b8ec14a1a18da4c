"""Take out of an image what no process of the product reads: `python deploy/trim_image.py [SITE_PACKAGES]`.

Run in the same step as `pip install`, or the layer keeps what is deleted. Every rule names a package and what of it
goes; a package that is not there is passed over. Nothing here is needed by an installation outside a container.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# Services of AWS that storage and its credentials ask; the site speaks to no other.
AWS_SERVICES = {"s3", "sts", "sso", "sso-oidc", "signin"}
# Languages that spelling knows (`review.text.spelling.lexicon`), and that the desk and the sign-in speak.
SPELT = ("de", "en", "es", "fr", "it", "nl")
LANGUAGES = {*SPELT, "__pycache__"}
# A second engine of the library's, for PyPy.
PYPY_ONLY = ("zstandard/_cffi.*.so",)
# They build packages, which is over; torch still builds kernels.
BUILDERS = ("numpy/distutils", "numpy/f2py")
BUILDERS_WITHOUT_TORCH = (
    "_distutils_hack",
    "distutils-precedence.pth",
    "pkg_resources",
    "setuptools",
    "setuptools-*.dist-info",
)
# Whose own tests are installed with them.
TESTED = ("jsonschema", "numpy", "regex", "qrcode", "referencing")


def removable(packages: Path) -> Iterator[Path]:
    """Files and folders that may go, by rule."""
    yield from _folders(packages / "botocore" / "data", keep=AWS_SERVICES)
    for name in ("django", "allauth", "rest_framework", "django_htmx", "knox"):
        for locale in sorted((packages / name).rglob("locale")):
            yield from _folders(locale, keep=LANGUAGES)
    forms = packages / "simplemma" / "strategies" / "dictionaries" / "data"
    words = packages / "spellchecker" / "resources"
    for lists in (forms.glob("*.plzma"), words.glob("*.json.gz")):
        yield from (each for each in sorted(lists) if each.name.split(".")[0] not in SPELT)
    for name in TESTED:
        yield from sorted((packages / name).rglob("tests"))
    builders = BUILDERS if (packages / "torch").exists() else BUILDERS + BUILDERS_WITHOUT_TORCH
    for pattern in PYPY_ONLY + builders:
        yield from sorted(packages.glob(pattern))


def _folders(folder: Path, *, keep: set[str]) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in sorted(folder.iterdir()) if each.is_dir() and each.name not in keep)


def trim(packages: Path) -> int:
    """Delete what may go; returns bytes freed."""
    freed = 0
    for path in list(removable(packages)):
        if path.is_dir():
            freed += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            shutil.rmtree(path)
        elif path.is_file():
            freed += path.stat().st_size
            path.unlink()
    return freed


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_paths()["purelib"])
    print(f"{trim(place) / 1e6:.0f} MB taken out of {place}")
