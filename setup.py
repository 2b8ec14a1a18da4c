"""Packaging that pyproject.toml cannot express.

A wheel holds all rooms and folders of data inside the one package `miniatures`.
"""

from __future__ import annotations

from setuptools import find_namespace_packages, setup

PACKAGE = "miniatures"
ROOMS = (
    "miniatures_site", "stats", "demo", "web", "audit", "members", "jobs", "webhooks", "review", "generation",
    "training", "evaluation", "serving", "campaigns",
)  # fmt: skip
# Folders without a line of Python, found beside the rooms as in a checkout.
DATA = ("templates", "static", "locale")

inside = find_namespace_packages(
    include=[pattern for name in (*ROOMS, *DATA) for pattern in (name, f"{name}.*")],
    exclude=["*.__pycache__", "*.__pycache__.*"],
)
setup(
    packages=[PACKAGE, *(f"{PACKAGE}.{name}" for name in inside)],
    package_dir={PACKAGE: PACKAGE, **{f"{PACKAGE}.{name}": name for name in (*ROOMS, *DATA)}},
    package_data={"": ["*"]},
    exclude_package_data={"": ["*.pyc", "*.pyc.*"]},
)
