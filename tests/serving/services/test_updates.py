"""Bringing running engines in line with what is promoted: tried again while files stay away, on the host it is for."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.contracts import EngineEvent
from jobs.kinds import registry
from jobs.kinds.base import MustWait
from jobs.lifecycle import claim, end
from jobs.models import Job
from serving.promotions import promotion, sync_models
from serving.runtime import switch
from tests.serving.services.serving_hosts import GPU, HOME, first_replica, put_hosts

pytestmark = pytest.mark.django_db
KIND = registry.KINDS[switch.UPDATE_KIND]


@pytest.fixture(autouse=True)
def _hosts(settings, tmp_path):
    settings.VAR_DIR, settings.SERVING_MAX_WEIGHTS_GIB = tmp_path / "var", 1
    put_hosts()


@pytest.fixture
def first(admin):
    return first_replica(admin)


class Away:
    """A stored file that cannot be read until it is back, as of a storage that does not answer."""

    def __init__(self, miniature):
        self._file = Path(default_storage.path(f"{miniature.storage_prefix}/{miniature.files[0]['path']}"))
        self._aside = self._file.with_name("aside")
        self._file.rename(self._aside)
        self._file.mkdir()

    def comes_back(self):
        self._file.rmdir()
        self._aside.rename(self._file)


def updates():
    return Job.objects.filter(kind=switch.UPDATE_KIND).order_by("created_at")


def taken(job, *, by=HOME):
    held = claim.claim(job.pk, worker=by)
    assert held
    return held


def came_up(row, *models):
    payload = {"state": "running", "models": list(models)}
    event = EngineEvent(seq=1, ts=time.time(), kind="serving", payload=payload)
    registry.KINDS[switch.KIND].on_events(row.job, [event])


def test_a_miniature_whose_storage_was_away_is_served_once_it_is_back(first, miniature, lead):
    storage = Away(miniature)
    promotion.promote(miniature, by=lead)
    job = taken(updates().get())

    with pytest.raises(MustWait) as waits:
        KIND.run_inline(job, None)
    storage.comes_back()
    KIND.run_inline(job, None)

    assert (waits.value.again_s, miniature.slug in waits.value.reason) == (30, True)
    assert sync_models.is_laid(miniature)


def test_a_miniature_that_cannot_even_be_described_is_tried_again_and_keeps_its_files(
    first, promoted, folders, monkeypatch
):
    sync_models.model_entries()
    job = taken(updates().get())

    def gone(*_):
        raise OSError("Stale file handle")

    monkeypatch.setattr(sync_models.run_inputs, "student_ref", gone)

    with pytest.raises(MustWait):
        KIND.run_inline(job, None)
    assert sync_models.is_laid(promoted)


def test_a_file_that_is_lost_is_waited_for_by_nobody_until_it_is_promoted_again(first, miniature, lead):
    lost = Path(default_storage.path(f"{miniature.storage_prefix}/{miniature.files[0]['path']}"))
    content = lost.read_bytes()
    lost.unlink()
    promotion.promote(miniature, by=lead)
    KIND.run_inline(taken(updates().get()), None)
    lost.write_bytes(content)
    updates().update(state="succeeded")

    promotion.promote(miniature, by=lead)
    KIND.run_inline(taken(updates().last()), None)

    assert sync_models.is_laid(miniature)


def test_one_update_at_a_time_waits_for_what_is_away(first, miniature, lead):
    Away(miniature)
    promotion.promote(miniature, by=lead)
    promotion.promote(miniature, by=lead)
    earlier, later = updates()

    KIND.run_inline(taken(earlier), None)
    Job.objects.filter(pk=earlier.pk).update(state="succeeded")
    with pytest.raises(MustWait):
        KIND.run_inline(taken(later), None)


def test_an_engine_that_came_up_without_a_miniature_s_files_is_brought_up_to_them(first, promoted):
    updates().delete()

    came_up(first, promoted.slug)
    assert updates().count() == 1
    sync_models.model_entries()
    came_up(first, promoted.slug)

    assert updates().count() == 1


def between_workers(row):
    """The worker that serves leaves, and its engine goes on."""
    held = claim.begin_attempt(row.job_id, row.job.fence)
    claim.renew(held.pk, held.fence)
    end.release(held.pk, held.fence, engine_lives=True)


def test_an_update_for_a_host_that_was_replaced_is_over_once_its_engine_is(first, promoted):
    between_workers(first)
    held = taken(updates().get(), by=GPU)

    with pytest.raises(MustWait):
        KIND.run_inline(held, None)
    Job.objects.filter(pk=first.job_id).update(engine_until=timezone.now() - timedelta(seconds=1))

    assert KIND.run_inline(held, None) == {"reached": False, "models": []}
    assert not sync_models.is_laid(promoted)


def test_an_engine_that_a_worker_takes_up_again_hears_of_what_was_promoted_meanwhile(first, promoted):
    between_workers(first)
    job = updates().get()
    assert claim.claim(first.job_id, worker=HOME)

    assert KIND.needs(job).host_id == "home"
    KIND.run_inline(taken(job), None)
    assert sync_models.is_laid(promoted)


def test_an_update_that_names_a_host_as_they_once_did_is_over(first, promoted):
    updates().update(spec={"host": "home-before-the-restart"})

    assert KIND.run_inline(taken(updates().get(), by=GPU), None) == {"reached": False, "models": []}
