"""What a host says it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.rundir import machine

GIB = 1 << 30
SAID = """0, GPU-aaaa-1, NVIDIA A100-SXM4-40GB, 40960, 550.54
1, GPU-bbbb-2, NVIDIA A100-SXM4-80GB, 81920, 550.54
2, GPU-cccc-3, [Unknown Error], [Unknown Error], 550.54
"""


def test_gpus_are_read_from_what_the_driver_says_and_a_lost_one_is_left_out():
    table, driver = machine.read_table(SAID)

    assert driver == "550.54"
    assert [(gpu["name"], gpu["bytes"] // GIB) for gpu in table] == [
        ("NVIDIA A100-SXM4-40GB", 40), ("NVIDIA A100-SXM4-80GB", 80),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "sizes"),
    [(None, [40, 80]), ("", []), ("1,0", [80, 40]), ("GPU-bbbb", [80]), ("0,7,1", [40]), ("-1", [])],
)
def test_only_gpus_a_process_may_use_count(wanted, sizes):
    table, _ = machine.read_table(SAID)

    assert [gpu["bytes"] // GIB for gpu in machine.visible(table, wanted)] == sizes


def test_this_host_knows_its_cores_memory_disk_and_versions(tmp_path: Path):
    found = machine.inspect_host()
    total, free = machine.disk(tmp_path)

    assert found.name
    assert found.cores >= 1
    assert found.memory_bytes > 256 << 20
    assert 0 < free <= total
    assert found.versions["python"].startswith("3.")


def test_a_container_s_limit_counts_where_it_is_set(tmp_path):
    whole = machine.memory_bytes(tmp_path / "none")
    (tmp_path / "max").write_text("max\n")
    (tmp_path / "low").write_text("1048576\n")

    assert machine.memory_bytes(tmp_path / "max") == whole
    assert machine.memory_bytes(tmp_path / "low") == 1 << 20
