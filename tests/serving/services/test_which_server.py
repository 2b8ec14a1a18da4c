"""The server of a host: by setting, else by what is installed there."""

from __future__ import annotations

import pytest

from jobs.rundir import machine
from serving.promotions import which_server
from web.errors import Refusal


@pytest.fixture
def program(tmp_path, monkeypatch, settings):
    """A llama-server on the PATH, on a host without a GPU."""
    path = tmp_path / "llama-server"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    settings.LLAMA_SERVER = ""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(machine.VISIBLE, raising=False)
    return path


def test_llama_cpp_serves_by_itself_where_it_is_installed(program, settings):
    settings.SERVING_BACKEND = "auto"

    assert which_server.backend() == "llama"
    assert which_server.options("llama")["program"] == str(program)
    assert which_server.options("llama")["files"].endswith("serving/gguf")


def test_our_own_engine_serves_where_nothing_else_is_and_beside_a_gpu(program, settings, tmp_path):
    settings.SERVING_BACKEND = "auto"
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho '0, GPU-1, NVIDIA H100, 81559, 570.1'\n")
    driver.chmod(0o755)

    beside_a_gpu = which_server.backend()
    driver.unlink()
    program.unlink()

    assert (beside_a_gpu, which_server.backend()) == ("own", "own")


def test_a_setting_decides_and_says_what_is_missing(program, settings):
    settings.SERVING_BACKEND = "own"
    assert which_server.backend() == "own"
    settings.SERVING_BACKEND, settings.LLAMA_SERVER = "llama", str(program.with_name("elsewhere"))

    with pytest.raises(Refusal) as missing:
        which_server.backend()

    assert missing.value.code == "no_llama_server"
    assert "LLAMA_SERVER" in missing.value.hint
