"""A student's folder looked at from outside: is it a model, how large is it, and is it still the same.

Pure Python, without torch: a web host reads `config.json` and the headers of safetensors files only.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jobs.rundir.durable import sha256_of
from training.recipes import architecture
from training.students import servable, weight_files
from web import strict_json
from web.errors import Refusal

PICKLES: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
# What a model is made of; READMEs and pictures may change without the model changing.
MODEL_FILES: Final = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
# As many layers need no weights of their own to be believed: some models share theirs.
FEW_LAYERS: Final = 200
# The largest numbers that a student is kept with.
MAX_CONTEXT: Final = 2**31 - 1
MAX_PARAMETERS: Final = 2**63 - 1
MAX_TYPE_CHARS: Final = 60
WEIGHTS: Final = "model.safetensors"
# Has transformers read another config, or other weights, than those looked at.
LEADS_ELSEWHERE: Final = {"configuration_files", "transformers_weights"}
# Has transformers add an adapter to the weights.
ADAPTER: Final = "adapter_config.json"
# Names the files of weights that are more than one.
INDEX: Final = "model.safetensors.index.json"


@dataclass(frozen=True)
class FolderFacts:
    """Facts that a folder tells of its model.

    Attributes:
        path: Absolute, links followed.
        model_type: Family, such as `llama`.
        parameters: Numbers in the weights; tied weights count once.
        context_length: Longest sequence it was made for, where the config says so.
        bytes: Of its model files.
    """

    path: Path
    model_type: str
    parameters: int
    context_length: int | None
    bytes: int


@contextmanager
def _readable() -> Iterator[None]:
    """Refuse a folder or a file that this account cannot read."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        hint = "Check the path, and that the account of Miniatures may read the folder and all files in it."
        raise _refusal("student_unreadable", f"This folder cannot be read ({error}).", hint) from error


@_readable()
def inspect_folder(path: str, *, roots: Sequence[Path]) -> FolderFacts:
    """Check that a folder holds a model that can be tuned safely, and read what it says of itself.

    Args:
        roots: Folders it must lie in, links followed.

    Raises:
        Refusal: 422, with a code of its own for: outside the roots, missing, no config.json or one that cannot be
            read, no weights, pickled weights only, damaged weights, no tokenizer, a file that cannot be read.
    """
    folder = Path(path).expanduser().resolve()
    require_model(folder, roots=roots)
    config = _config(folder)
    if not ((folder / "tokenizer.json").is_file() or any(folder.glob("*.model"))):
        raise _refusal(
            "student_without_tokenizer",
            f"{folder.name} has no tokenizer.",
            "Put tokenizer.json and tokenizer_config.json beside the weights.",
        )
    text: dict[str, Any] = config["text_config"] if isinstance(config.get("text_config"), dict) else config
    context = architecture.context_length(text)
    return FolderFacts(
        path=folder,
        model_type=str(config["model_type"]),
        parameters=_parameters(folder),
        context_length=context if type(context) is int and 0 < context <= MAX_CONTEXT else None,
        bytes=sum(file.stat().st_size for file in _model_files(folder)),
    )


@_readable()
def require_model(folder: Path, *, roots: Sequence[Path] | None) -> None:
    """Refuse a folder that holds no model of safetensors, or lies where students may not come from.

    Args:
        folder: Links followed.
        roots: Folders it must lie in, links followed; None for any.

    Raises:
        Refusal: 422, with a code of its own for: outside the roots, missing, no config.json, no weights, pickled
            weights only.
    """
    if roots is not None and not any(folder.is_relative_to(Path(root).resolve()) for root in roots):
        allowed = " or ".join(str(root) for root in roots) or "any folder: none is allowed here"
        raise _refusal(
            "student_outside_roots",
            f"The folder {folder} is outside the folders that students may come from.",
            f"Move it into {allowed}, or have an admin add its folder to STUDENT_ROOTS.",
        )
    if not folder.is_dir():
        raise _refusal("student_not_found", f"There is no folder {folder} on this host.", "Check the path.")
    if not (folder / "config.json").is_file():
        raise _without_config(folder)
    if not any(folder.glob("*.safetensors")):
        raise _without_weights(folder)


def require_servable(folder: Path) -> None:
    """Refuse a student whose miniatures could not be served.

    Raises:
        Refusal: 422, with the reason and what to choose instead.
    """
    if reason := servable.why_not_servable(_config(folder)):
        raise _refusal(
            "student_not_servable", f"{folder.name} cannot be served here. {reason}", servable.SERVABLE_INSTEAD
        )


@_readable()
def manifest_sha256(folder: Path) -> str:
    """SHA-256 over the names and hashes of a folder's model files, hex. Reads every byte."""
    digest = hashlib.sha256()
    for file in _model_files(folder):
        digest.update(f"{sha256_of(file)}  {file.name}\n".encode())
    return digest.hexdigest()


def require_sound_weights(folder: Path) -> dict[str, tuple[int, ...]]:
    """Refuse weights whose headers do not fit their files, or that are far smaller than the config claims.

    Reads headers alone; to be called before anything loads the folder.

    Returns:
        Shape of every weight by name.

    Raises:
        Refusal: 422, for damaged weights, and for a config that cannot be read or is of a larger model.
    """
    if (folder / INDEX).is_file():
        files_of_index(folder)
    shapes = weight_shapes(folder)
    _require_weights_for(_config(folder), shapes, folder.name)
    return shapes


def files_of_index(folder: Path) -> list[str]:
    """Names of the files that a folder's index says its weights lie in, each in the folder itself.

    Raises:
        Refusal: The index is damaged, or names a file elsewhere, whose header nobody would look at.
    """
    try:
        index = strict_json.loads((folder / INDEX).read_text(encoding="utf-8"))
        names = sorted({str(name) for name in index["weight_map"].values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refusal(
            "student_damaged", f"{INDEX} of {folder.name} cannot be read.", "Copy the folder again."
        ) from error
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise _refusal(
                "student_damaged",
                f"{INDEX} of {folder.name} names {name[:80]!r}, which is not a safetensors file next to it.",
                "Put all weights into the student's own folder.",
            )
    return names


def weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shape of every weight that is loaded, by name, from the headers alone.

    Raises:
        Refusal: A file is damaged.
    """
    return {name: shape for file in weight_files_of(folder) for name, shape in _shapes(file).items()}


def weight_files_of(folder: Path) -> list[Path]:
    """Files that transformers loads: some makers publish the weights twice."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        return [folder / name for name in files_of_index(folder)]
    return sorted(folder.glob("*.safetensors"))


def _parameters(folder: Path) -> int:
    count = sum(math.prod(shape) for shape in require_sound_weights(folder).values())
    if count > MAX_PARAMETERS:
        raise _refusal(
            "student_damaged",
            f"The weights of {folder.name} claim more numbers than any model has.",
            "Copy the folder again.",
        )
    return count


def _model_files(folder: Path) -> list[Path]:
    return sorted({file for pattern in MODEL_FILES for file in folder.glob(pattern) if file.is_file()})


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = strict_json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _without_config(folder) from None
    except (OSError, ValueError) as error:
        raise _refusal(
            "student_bad_config", f"config.json of {folder.name} cannot be read: {error}.", "Copy the folder again."
        ) from error
    if not isinstance(config, dict) or not 0 < len(str(config.get("model_type") or "")) <= MAX_TYPE_CHARS:
        raise _refusal(
            "student_bad_config",
            f"config.json of {folder.name} names no model_type.",
            "Give the folder that save_pretrained wrote.",
        )
    if elsewhere := sorted(LEADS_ELSEWHERE & config.keys()):
        raise _refusal(
            "student_bad_config",
            f"config.json of {folder.name} has {elsewhere[0]}: it refers to files that would not be checked.",
            "Remove it, and name the files as save_pretrained does.",
        )
    if (folder / ADAPTER).exists():
        message = f"{folder.name} holds {ADAPTER}: that adapter would be added to the weights without being checked."
        raise _refusal("student_bad_config", message, "Remove it, or give the folder of the merged model.")
    return config


def _without_config(folder: Path) -> Refusal:
    return _refusal(
        "student_without_config",
        f"{folder.name} holds no config.json, so it is not a model.",
        "Give the folder that save_pretrained wrote.",
    )


def _without_weights(folder: Path) -> Refusal:
    if any(file for pattern in PICKLES for file in folder.glob(pattern)):
        message = f"{folder.name} holds pickled weights only, which can run code when loaded."
        return _refusal("student_pickle_only", message, "Convert them to safetensors where you trust them.")
    return _refusal(
        "student_without_weights", f"{folder.name} holds no weights.", "Put model.safetensors beside config.json."
    )


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    try:
        return weight_files.shapes_in(file)
    except (OSError, ValueError) as error:
        raise _refusal(
            "student_damaged", f"The weights in {file.name} cannot be read: {error}.", "Copy the folder again."
        ) from error


def _require_weights_for(config: dict[str, Any], shapes: dict[str, tuple[int, ...]], name: str) -> None:
    """Refuse a config of a far larger model than its weights: loading would allocate the rest."""
    text: dict[str, Any] = config["text_config"] if isinstance(config.get("text_config"), dict) else config
    widest = max((size for shape in shapes.values() for size in shape), default=0)
    bounds = {
        "vocab_size": widest,
        "hidden_size": widest,
        "d_model": widest,
        "n_embd": widest,
        "num_hidden_layers": max(len(shapes), FEW_LAYERS),
        "num_layers": max(len(shapes), FEW_LAYERS),
        "n_layer": max(len(shapes), FEW_LAYERS),
    }
    for key, most in bounds.items():
        if isinstance(claimed := text.get(key), int) and claimed > most:
            raise _refusal(
                "student_bad_config",
                f"config.json of {name} says {key} {claimed}, and its weights hold {most} at most.",
                "Copy config.json and the weights from the same model.",
            )


def _refusal(code: str, message: str, hint: str) -> Refusal:
    return Refusal(code, message, hint=hint, errors={"path": [f"{message} {hint}"]})
