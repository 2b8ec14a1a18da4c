"""What goes from an image: much, and nothing that the product reads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from review.text.spelling import lexicon

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "deploy" / "trim_image.py"
INSTALLED = Path(sysconfig.get_paths()["purelib"])
COPIED = ("botocore", "django", "numpy", "setuptools", "simplemma", "spellchecker")


def loaded() -> ModuleType:
    spec = spec_from_file_location("trim_image", SCRIPT)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the heaviest packages, trimmed as an image's are."""
    packages = tmp_path_factory.mktemp("image") / "site-packages"
    for name in COPIED:
        shutil.copytree(INSTALLED / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, SCRIPT, packages], check=True, stdout=subprocess.DEVNULL)
    return packages


@pytest.mark.slow
def test_every_install_of_the_images_is_trimmed_in_the_same_layer() -> None:
    installs = re.findall(r"^RUN pip install .*$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)

    assert len(installs) == 2
    assert all(line.endswith("&& python deploy/trim_image.py") for line in installs)


@pytest.mark.slow
def test_what_builds_packages_is_gone_and_numpy_still_counts(trimmed: Path) -> None:
    ask = "import numpy, numpy.testing, numpy.linalg, numpy.random; print(numpy.__file__, numpy.linalg.norm([3, 4]))"
    libraries = INSTALLED / "numpy.libs"
    if libraries.exists():
        (trimmed / "numpy.libs").symlink_to(libraries)

    told = subprocess.run(
        [sys.executable, "-c", ask], env={**os.environ, "PYTHONPATH": str(trimmed)}, check=True, capture_output=True,
        text=True
    )  # fmt: skip

    assert told.stdout.split() == [str(trimmed / "numpy" / "__init__.py"), "5.0"]
    assert not (trimmed / "setuptools").exists()
    assert not (trimmed / "numpy" / "f2py").exists()


@pytest.mark.slow
def test_setuptools_stays_beside_torch_which_builds_kernels(tmp_path: Path) -> None:
    for name in ("setuptools", "torch"):
        (tmp_path / name).mkdir()

    assert tmp_path / "setuptools" not in list(loaded().removable(tmp_path))


@pytest.mark.slow
def test_services_of_aws_that_nothing_asks_are_gone_and_storage_still_speaks_to_s3(trimmed: Path) -> None:
    services = {each.name for each in (trimmed / "botocore" / "data").iterdir() if each.is_dir()}
    ask = (
        "import botocore, botocore.session as s;"
        "session = s.get_session(); session.set_credentials('x', 'x');"
        "[session.create_client(n, region_name='eu-central-1') for n in ('s3', 'sts', 'sso', 'sso-oidc')];"
        "print(botocore.__file__)"
    )
    told = subprocess.run(
        [sys.executable, "-c", ask], env={**os.environ, "PYTHONPATH": str(trimmed)}, check=True, capture_output=True,
        text=True
    )  # fmt: skip

    assert "s3" in services and "ec2" not in services
    assert told.stdout.startswith(str(trimmed))


@pytest.mark.slow
def test_the_site_comes_up_on_what_is_left(trimmed: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from django.utils.translation import gettext, override\n"
         "with override('de'): print(django.__file__, gettext('Yes'))"],
        cwd=ROOT, check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{trimmed}:{ROOT}", "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
             "VAR_DIR": str(tmp_path)},
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(str(trimmed)) and told.stdout.strip().endswith("Ja")
    assert not (trimmed / "django" / "contrib" / "admin" / "locale" / "pl").exists()
    assert (trimmed / "django" / "contrib" / "admin" / "locale" / "de").is_dir()


@pytest.mark.slow
def test_the_languages_of_spelling_are_kept(trimmed: Path) -> None:
    kept = {file.stem for file in (trimmed / "simplemma" / "strategies" / "dictionaries" / "data").glob("*.plzma")}

    listed = {file.name.split(".")[0] for file in (trimmed / "spellchecker" / "resources").glob("*.gz")}

    assert kept == listed == lexicon.LANGUAGES == set(loaded().SPELT)


@pytest.mark.slow
def test_packages_that_are_not_installed_are_passed_over(tmp_path: Path) -> None:
    assert loaded().trim(tmp_path) == 0
