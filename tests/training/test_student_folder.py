"""A student's folder looked at from outside: what it says, and everything that is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.training.conftest import write_student
from training.students import model_folder
from web.errors import Refusal


def refused(path, roots) -> str:
    with pytest.raises(Refusal) as caught:
        model_folder.inspect_folder(str(path), roots=roots)
    assert caught.value.hint
    assert "path" in caught.value.errors
    return caught.value.code


def test_a_folder_tells_its_family_size_and_context(tmp_path):
    folder = write_student(tmp_path / "tiny", width=8, layers=2)

    facts = model_folder.inspect_folder(str(folder), roots=[tmp_path])

    assert facts.model_type == "llama"
    assert facts.parameters == 32 * 8 + 2 * (8 * 8 + 16 * 8)
    assert facts.context_length == 512
    assert facts.path == folder


@pytest.mark.parametrize("is_in_parts", [False, True])
def test_weights_that_lie_in_a_folder_twice_count_once(tmp_path, is_in_parts):
    """Mistral publishes its own layout beside the one that is loaded."""
    folder = write_student(tmp_path / "mistral")
    alone = model_folder.inspect_folder(str(folder), roots=[tmp_path]).parameters
    weights = folder / "model.safetensors"
    (folder / "consolidated.safetensors").write_bytes(weights.read_bytes().replace(b"model.", b"maker."))
    if is_in_parts:
        names = model_folder.weight_shapes(folder)
        part = weights.rename(folder / "model-00001-of-00001.safetensors").name
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": dict.fromkeys(names, part)}))

    assert model_folder.inspect_folder(str(folder), roots=[tmp_path]).parameters == alone


def test_the_context_of_a_model_with_vision_is_that_of_its_text(tmp_path):
    folder = write_student(tmp_path / "g", model_type="gemma3", text_config={"max_position_embeddings": 9000})

    assert model_folder.inspect_folder(str(folder), roots=[tmp_path]).context_length == 9000


def test_a_folder_outside_the_roots_is_refused_also_through_a_link(tmp_path):
    outside = write_student(tmp_path / "elsewhere" / "tiny")
    inside = tmp_path / "roots"
    inside.mkdir()
    (inside / "link").symlink_to(outside)

    assert refused(outside, [inside]) == "student_outside_roots"
    assert refused(inside / "link", [inside]) == "student_outside_roots"
    assert refused(inside / ".." / "elsewhere" / "tiny", [inside]) == "student_outside_roots"
    assert refused(outside, []) == "student_outside_roots"


def test_each_thing_that_may_be_wrong_has_its_own_word(tmp_path):
    def made(name):
        return write_student(tmp_path / name)

    without_config = made("a")
    (without_config / "config.json").unlink()
    broken_config = made("b")
    (broken_config / "config.json").write_text("{")
    nameless = made("c")
    (nameless / "config.json").write_text("{}")
    without_weights = made("d")
    (without_weights / "model.safetensors").unlink()
    pickled = made("e")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    without_tokenizer = made("f")
    (without_tokenizer / "tokenizer.json").unlink()

    assert refused(tmp_path / "nowhere", [tmp_path]) == "student_not_found"
    assert refused(without_config, [tmp_path]) == "student_without_config"
    assert refused(broken_config, [tmp_path]) == "student_bad_config"
    assert refused(nameless, [tmp_path]) == "student_bad_config"
    assert refused(without_weights, [tmp_path]) == "student_without_weights"
    assert refused(pickled, [tmp_path]) == "student_pickle_only"
    assert refused(without_tokenizer, [tmp_path]) == "student_without_tokenizer"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        struct.pack("<Q", 2**60),
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 14) + json.dumps({"a": {"b": 1}}).encode(),
    ],
)
def test_damaged_weights_are_refused_and_never_read_into_memory(tmp_path, content):
    folder = write_student(tmp_path / "tiny")
    (folder / "model.safetensors").write_bytes(content)

    assert refused(folder, [tmp_path]) == "student_damaged"


@pytest.mark.parametrize(
    "config",
    [
        "[" * 100_000,
        '{"model_type": "llama", "text_config": ' + "[" * 500 + "]" * 500 + "}",
        '{"model_type": "llama", "vocab_size": NaN}',
        '{"model_type": "llama", "vocab_size": ' + "9" * 5000 + "}",
        '{"model_type": "\\u0000"}',
        '{"model_type": "' + "x" * 500 + '"}',
    ],
    ids=lambda config: config[:24],
)
def test_a_config_that_is_no_models_is_refused(tmp_path, config):
    folder = write_student(tmp_path / "tiny")
    (folder / "config.json").write_text(config)

    assert refused(folder, [tmp_path]) == "student_bad_config"


def entry(shape, offsets, dtype="F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


# Files of 32 bytes of data: eight numbers of four bytes.
HOSTILE = {
    "another length than its shape": {"w": entry([10**6, 10**6], [0, 32])},
    "overlaps another": {"v": entry([8], [0, 32]), "w": entry([4], [16, 32])},
    "is outside the file, or": {"w": entry([8], [0, 32]), "x": entry([2**30], [32, 32 + 2**32])},
    "behind a gap": {"w": entry([4], [16, 32])},
    "bytes that belong to no tensor": {"w": entry([4], [0, 16])},
    "unknown type": {"w": entry([8], [0, 32], "Q9")},
    "a shape that no weights have": {"w": entry([2] * 9, [0, 32])},
    "has no place": {"w": entry([8], [-32, 0])},
    "lacks a type": {"w": {"dtype": "F32", "shape": [8]}},
    "no weights have": {"w": entry([True, 8], [0, 32])},
}


@pytest.mark.parametrize("why", HOSTILE)
def test_a_header_that_does_not_fit_its_file_is_refused_by_the_tensors_name(tmp_path, why):
    folder = write_student(tmp_path / "tiny")
    header = json.dumps(HOSTILE[why]).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(32))

    with pytest.raises(Refusal, match=why) as caught:
        model_folder.inspect_folder(str(folder), roots=[tmp_path])

    assert caught.value.code == "student_damaged"


@pytest.mark.parametrize(
    "claim", [{"vocab_size": 10**9}, {"hidden_size": 10**9}, {"num_hidden_layers": 10**6}], ids=str
)
def test_a_config_of_a_far_larger_model_than_its_weights_is_refused(tmp_path, claim):
    folder = write_student(tmp_path / "tiny", **claim)

    assert refused(folder, [tmp_path]) == "student_bad_config"


@pytest.mark.parametrize("shape", ["[" * 100_000, "[-3, 2]", f"[{10**15}, {10**15}]"], ids=lambda shape: shape[:9])
def test_shapes_that_no_weights_have_are_refused(tmp_path, shape):
    folder = write_student(tmp_path / "tiny")
    header = f'{{"w": {{"dtype": "F32", "shape": {shape}}}}}'.encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)

    assert refused(folder, [tmp_path]) == "student_damaged"


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_file_that_this_account_may_not_read_is_named(tmp_path, monkeypatch, name):
    """Tests may run as root, who can read everything."""
    folder = write_student(tmp_path / "closed")
    open_file, is_file = Path.open, Path.is_file

    def closed(does):
        def call(path, *args, **kwargs):
            if path == folder / name:
                raise PermissionError(13, "Permission denied", str(path))
            return does(path, *args, **kwargs)

        return call

    monkeypatch.setattr(Path, "is_file", closed(is_file))
    assert refused(folder, [tmp_path]) == "student_unreadable"
    monkeypatch.setattr(Path, "is_file", is_file)
    monkeypatch.setattr(Path, "open", closed(open_file))
    with pytest.raises(Refusal, match=name) as caught:
        model_folder.manifest_sha256(folder)

    assert caught.value.code == "student_unreadable"
    assert caught.value.status == 422


def test_a_home_that_nobody_has_and_a_name_that_no_disk_takes_are_refused(tmp_path):
    assert refused("~nobody-of-this-name/tiny", [tmp_path]) == "student_unreadable"
    assert refused(tmp_path / ("long" * 100), [tmp_path]) == "student_unreadable"


def test_a_context_that_no_column_holds_is_left_open(tmp_path):
    folder = write_student(tmp_path / "tiny", max_position_embeddings=10**30)

    assert model_folder.inspect_folder(str(folder), roots=[tmp_path]).context_length is None


def test_the_manifest_changes_with_any_model_file_and_with_nothing_else(tmp_path):
    folder = write_student(tmp_path / "tiny")
    before = model_folder.manifest_sha256(folder)

    (folder / "README.md").write_text("words")
    with_words = model_folder.manifest_sha256(folder)
    (folder / "tokenizer.json").write_text('{"other": 1}')

    assert with_words == before
    assert model_folder.manifest_sha256(folder) != before
