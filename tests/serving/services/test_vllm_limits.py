"""A miniature that vLLM could not serve is refused when it is promoted, where vLLM is what serves."""

from __future__ import annotations

import pytest

from serving.models import Promotion
from serving.promotions import promotion, vllm_limits
from tests.serving import tiny
from training.models import Student
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.torch]


@pytest.fixture
def vllm(settings):
    settings.SERVING_BACKEND = "vllm"
    return settings


def test_a_rank_above_the_limit_is_refused_with_both_numbers(vllm, make_miniature, admin, tmp_path):
    vllm.SERVING_VLLM_RANK = 4
    wide = make_miniature(tiny.make_adapter(tmp_path / "wide", seed=1, rank=8))

    with pytest.raises(Refusal) as refused:
        promotion.promote(wide, by=admin, override_reason="A test.")

    assert refused.value.code == "not_servable_by_vllm"
    assert "Its rank is 8" in refused.value.message
    assert "up to 4" in refused.value.message
    assert not Promotion.objects.exists()


def test_the_same_miniature_is_promoted_where_vllm_does_not_serve_or_takes_the_rank(
    vllm, make_miniature, admin, tmp_path
):
    wide = make_miniature(tiny.make_adapter(tmp_path / "wide", seed=1, rank=8))
    vllm_limits.require_servable(wide)
    vllm.SERVING_BACKEND, vllm.SERVING_VLLM_RANK = "own", 4

    assert promotion.promote(wide, by=admin, override_reason="A test.").pk


def test_a_second_base_is_refused_while_one_server_may_run_and_a_second_adapter_is_not(vllm, promoted, make_miniature):
    other = make_miniature()
    vllm_limits.require_servable(other)
    other.student = Student.objects.create(slug="other", name="Other", path="/students/other", source="folder")
    other.student_id = other.student.pk

    with pytest.raises(Refusal) as refused:
        vllm_limits.require_servable(other)
    vllm.SERVING_VLLM_SERVERS = 2
    vllm_limits.require_servable(other)

    assert refused.value.code == "no_vllm_server"
    assert "SERVING_VLLM_SERVERS" in refused.value.hint


def test_an_encoder_decoder_is_left_to_our_own_engine(vllm, miniature):
    vllm.SERVING_VLLM_RANK = 1
    miniature.student.model_type = "t5"

    vllm_limits.require_servable(miniature)


def test_the_options_of_a_job_are_those_that_the_backend_reads(vllm):
    from serving.backends.vllm.options import VllmOptions

    assert VllmOptions.model_validate(vllm_limits.vllm_options()).rank == vllm.SERVING_VLLM_RANK
