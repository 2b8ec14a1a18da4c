"""A miniature that fits nowhere is refused when it is promoted, with both sizes and what to do."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from jobs.models import Host
from serving.models import Promotion
from serving.promotions import promotion
from serving.runtime import capacity
from web.errors import Refusal

pytestmark = pytest.mark.django_db
GIB = 1 << 30
GEMMA_3_4B = 4_300_000_000


@pytest.fixture
def large(miniature):
    miniature.student.parameters = GEMMA_3_4B
    miniature.student.save()
    return miniature


def host(name="h", *, memory_gib=16, gpu_gib=0):
    gpus = [{"name": "GPU", "bytes": gpu_gib * GIB}] if gpu_gib else []
    return Host.objects.create(
        id=name, name=name, boot_id="b", gpus=gpus, memory_bytes=memory_gib * GIB, seen_at=Now()
    )  # fmt: skip


@pytest.mark.slow
def test_a_small_host_refuses_it_with_both_sizes_and_serves_what_was_promoted(large, lead):
    host(memory_gib=16)

    with pytest.raises(Refusal) as refused:
        promotion.promote(large, by=lead)

    assert refused.value.code == "model_too_large"
    assert "16.0 GiB" in refused.value.message  # 4.3 billion weights in fp32
    assert "9.6 GiB" in refused.value.message
    assert "SERVING_MAX_WEIGHTS_GIB" in refused.value.hint
    assert not Promotion.objects.exists()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("memory_gib", "gpu_gib"), [(64, 0), (8, 16)])
def test_a_host_with_the_memory_takes_it_by_itself(large, lead, memory_gib, gpu_gib):
    host(memory_gib=memory_gib, gpu_gib=gpu_gib)

    assert promotion.promote(large, by=lead).pk


def test_one_host_of_several_is_enough(large):
    host("small", memory_gib=4)
    host("large", gpu_gib=24)

    capacity.require_capacity(large)


@pytest.mark.slow
def test_the_setting_goes_before_the_memory(large, settings):
    host(memory_gib=16)
    settings.SERVING_MAX_WEIGHTS_GIB = 20
    capacity.require_capacity(large)

    settings.SERVING_MAX_WEIGHTS_GIB = 8
    with pytest.raises(Refusal) as refused:
        capacity.require_capacity(large)

    assert "may hold 8.0 GiB" in refused.value.message


def test_where_nothing_is_known_the_engine_is_left_to_tell(large):
    capacity.require_capacity(large)


@pytest.mark.slow
@pytest.mark.engine
def test_a_running_engine_s_own_limit_is_what_counts(large, engine):
    host(gpu_gib=80)
    large.student.parameters = 10**13

    with pytest.raises(Refusal, match="the engine may hold"):
        capacity.require_capacity(large)
