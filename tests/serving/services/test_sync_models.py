"""Files of miniatures before the engine: whole under their name, whoever lays them at the same time."""

from __future__ import annotations

import errno
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from serving.engine.contracts import ModelEntry
from serving.promotions import promotion, sync_models
from serving.runtime import addresses

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE, TIMES = 4, 3


def folder_of(miniature):
    return addresses.models_folder() / miniature.manifest_sha256[:32]


def is_whole(miniature):
    folder = folder_of(miniature)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        file["path"] for file in miniature.files
    }


@pytest.fixture(autouse=True)
def nothing_laid(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.mark.slow
def test_starting_and_telling_the_engine_at_once_lays_whole_miniatures(promoted):
    gate = threading.Barrier(AT_ONCE)

    def look(number):
        gate.wait()
        try:
            return sync_models.model_entries() if number % 2 else sync_models.update_engine()
        finally:
            connections.close_all()

    for _ in range(TIMES):
        with ThreadPoolExecutor(AT_ONCE) as threads:
            told = list(threads.map(look, range(AT_ONCE)))
        assert is_whole(promoted)
        assert [entry["name"] for entry in told[1]] == [promoted.slug]
        shutil.rmtree(folder_of(promoted))


def test_what_a_crash_left_in_part_is_laid_again(promoted):
    sync_models.model_entries()
    lost = folder_of(promoted) / promoted.files[0]["path"]
    lost.write_bytes(lost.read_bytes()[:-1])
    left = addresses.models_folder() / ".aside-x"
    left.mkdir()

    sync_models.model_entries()

    assert lost.stat().st_size == promoted.files[0]["bytes"]
    assert not left.exists()


def test_one_that_cannot_be_laid_takes_no_other_out_of_service(promoted, make_miniature, folders, lead, monkeypatch):
    sync_models.model_entries()
    other = make_miniature(folders.two)
    promotion.promote(other, by=lead)

    def full(miniature, folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sync_models.run_inputs, "miniature_files", full)

    entries = {entry["name"]: entry for entry in sync_models.model_entries()}

    assert entries[promoted.slug]["folder"] == str(folder_of(promoted))
    assert entries[other.slug]["unlaid"] == "its files could not be written on its host (OSError); it is tried again."
    assert not folder_of(other).exists()
    for entry in entries.values():
        ModelEntry.model_validate(entry)


@pytest.mark.slow
def test_what_is_served_no_longer_is_swept(promoted, lead):
    sync_models.model_entries()
    promotion.demote(promoted, by=lead)

    assert sync_models.model_entries() == []
    assert not folder_of(promoted).exists()
