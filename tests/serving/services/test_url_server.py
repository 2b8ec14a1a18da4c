"""A server that somebody else runs: its address and key are those of a teacher, and by a teacher's rules."""

from __future__ import annotations

import pytest

from generation.models import Teacher
from serving.backends.url.backend import UrlOptions
from serving.promotions import which_server
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    settings.SERVING_BACKEND, settings.SERVING_URL_TEACHER = "url", "gpu-box"
    settings.ALLOWED_PRIVATE_HOSTS = ["gpu-box:8000"]
    return Teacher.objects.create(
        slug="gpu-box", name="GPU box", provider="openai-compatible", model="base", base_url="http://gpu-box:8000/v1"
    )


def test_a_job_is_told_the_address_the_private_hosts_and_the_names(server, settings):
    settings.SERVING_URL_NAMES = {"tickets": "their-tickets"}

    options = UrlOptions.model_validate(which_server.options(which_server.backend()))

    assert options.base_url == "http://gpu-box:8000/v1"
    assert "gpu-box:8000" in options.private_hosts
    assert options.names == {"tickets": "their-tickets"}
    assert which_server.url_secret_refs() == []


def test_an_address_inside_that_is_not_allowed_is_refused_before_anything_starts(server, settings):
    settings.ALLOWED_PRIVATE_HOSTS, settings.SERVES_THIS_MACHINE_ALONE = [], False
    Teacher.objects.update(base_url="http://10.0.0.7:8000/v1")

    with pytest.raises(Refusal) as refused:
        which_server.url_options()

    assert refused.value.code == "base_url"


def test_a_key_goes_to_the_place_it_was_entered_for_alone(server):
    Teacher.objects.update(secret_ref="OPENAI_API_KEY")

    with pytest.raises(Refusal) as refused:
        which_server.url_secret_refs()

    assert refused.value.code == "secret_not_allowed"


def test_without_such_a_teacher_it_is_said_what_to_do(server):
    Teacher.objects.all().delete()

    with pytest.raises(Refusal) as refused:
        which_server.url_options()

    assert refused.value.code == "no_url_server"
    assert "SERVING_URL_TEACHER" in refused.value.hint


def test_vllm_that_is_chosen_and_not_installed_is_named(settings, tmp_path):
    settings.SERVING_BACKEND, settings.SERVING_VLLM_PYTHON = "vllm", str(tmp_path / "python")

    with pytest.raises(Refusal) as refused:
        which_server.backend()

    assert refused.value.code == "no_vllm"
