"""All of a student but its weights: where it lies, its config, its tokenizer. Every refusal has a way out.

It takes no device. From a hub it reads only small files, until weights are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    StrictDataclassError,
)
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer

from training.engine.contracts import StudentRef, TrainError
from training.engine.data.chat import Chat, open_chat
from training.recipes import architecture
from training.students import model_folder, servable
from web.disk import full_disk
from web.errors import Refusal

# What libraries raise for files that are damaged, of another model, or wanting a package that is not here.
LOAD_ERRORS: Final = (
    OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, RuntimeError, SafetensorError,
    StrictDataclassError,
)  # fmt: skip
ROOM_FOR_HUB: Final = "Free some room there, or set HF_HOME to another disk and start the workers again."
LOCAL = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class UnloadedStudent:
    """A student before its weights are loaded.

    Attributes:
        source: Its folder or its hub id.
        options: How transformers is to read from there.
        config: Its config.json.
        chat: Its tokenizer and template; generation may end at more tokens than are known here.
    """

    source: str
    options: dict[str, Any]
    config: Any
    chat: Chat

    @property
    def model_type(self) -> str:
        """Family, such as `llama` or `gemma3_text`."""
        return str(self.config.model_type)

    @property
    def context_length(self) -> int | None:
        """Longest sequence it reads alike whatever stands beside it; None where the config does not say."""
        text = self.config.get_text_config()
        # Some families call it otherwise in config.json, and transformers knows it by both names.
        longest = getattr(text, "max_position_embeddings", None)
        return architecture.context_length(text.to_dict() | {"max_position_embeddings": longest})


def open_student(
    student: StudentRef, *, token: str | None = None, allowed_roots: Sequence[str] = ()
) -> UnloadedStudent:
    """Read a student's config and tokenizer.

    Args:
        student: A folder, or a hub id with its commit.
        token: The hub's token, for gated models.
        allowed_roots: Folders a local student must lie in, links followed; empty means any.

    Raises:
        TrainError: With a code of its own for each thing that may be wrong: a folder that is missing, outside the
            roots, without config or weights, with pickled weights only; an unknown architecture; a missing tokenizer;
            a licence to accept first; a wrong token; an unknown id or revision; a hub out of reach; an encoder–decoder
            that does not say what its decoder begins with; a template that writes tokens the model does not know.
    """
    source, options, config = open_config(student, token=token, allowed_roots=allowed_roots)
    if architecture.kind_of(config.to_dict()) == "encoder":
        raise TrainError(
            "no_decoder",
            f"{Path(source).name} is an encoder ({config.model_type}), which writes no text",
            "Choose a classifier recipe, or a student that writes.",
        )
    begins = _decoder_start(source, config) if config.is_encoder_decoder else ()
    vocabulary = getattr(config.get_text_config(), "vocab_size", None)
    chat = open_chat(open_tokenizer(source, options), student.ways, begins=begins, vocabulary=vocabulary)
    return UnloadedStudent(source, options, config, chat)


def open_config(
    student: StudentRef, *, token: str | None = None, allowed_roots: Sequence[str] = ()
) -> tuple[str, dict[str, Any], Any]:
    """Location of a student, how transformers is to read it, and its config; arguments as of `open_student`.

    Raises:
        TrainError: As `open_student`, but for what is wrong with a tokenizer.
    """
    source = _checked_folder(student.path, allowed_roots) if student.path is not None else str(student.hub_id)
    options: dict[str, Any] = {"revision": student.revision, "token": token, "trust_remote_code": False}
    if student.path is not None:
        options = LOCAL
    return source, options, _config(source, options)


def require_servable(opened: UnloadedStudent) -> None:
    """Refuse a student whose miniatures could not be served, before its weights are read.

    Raises:
        TrainError: With the reason and what to choose instead.
    """
    if reason := servable.why_not_servable(opened.config.to_dict()):
        raise TrainError(
            "student_not_servable",
            f"{Path(opened.source).name} cannot be served here. {reason}",
            servable.SERVABLE_INSTEAD,
        )


def _checked_folder(path: str, allowed_roots: Sequence[str]) -> str:
    folder = Path(path).resolve()
    try:
        model_folder.require_model(folder, roots=[Path(root) for root in allowed_roots] or None)
    except Refusal as refusal:
        raise _as_error(refusal) from refusal
    return str(folder)


def sound_weights(source: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Place to load weights from, and how, once they fit their files and the config; those of a hub are fetched first.

    A hub's student is loaded from the folder that was looked at, so that nothing else of the hub takes its place.

    Args:
        source: A folder or a hub id.
        options: How to read from there, as of `open_config`.

    Raises:
        TrainError: Names file and tensor; or the hub does not give them out.
    """
    folder = Path(source)
    try:
        if not folder.is_dir():
            folder, options = _fetched(source, options), LOCAL
        model_folder.require_sound_weights(folder)
    except Refusal as refusal:
        raise _as_error(refusal) from refusal
    return str(folder), options


def _fetched(source: str, options: dict[str, Any]) -> Path:
    """Folder of a hub student's weights, and their layout: one file, or those of an index."""

    def fetch(name: str) -> Path | None:
        try:
            return Path(hf_hub_download(source, name, revision=options["revision"], token=options["token"])).parent
        except EntryNotFoundError as error:
            # Without a network, what was never fetched is missing as well.
            missing.append(error)
            return None
        except Exception as error:  # The hub's client passes on those of its transports.
            raise explain_load_error(source, error) from error

    missing: list[Exception] = []
    folder = fetch(model_folder.WEIGHTS)
    if folder is None and (folder := fetch(model_folder.INDEX)):
        for name in model_folder.files_of_index(folder):
            if fetch(name) is None:
                raise explain_load_error(source, missing[-1]) from missing[-1]
    if folder is None:
        if isinstance(missing[-1], LocalEntryNotFoundError):
            raise explain_load_error(source, missing[-1]) from missing[-1]
        raise TrainError(
            "student_without_weights", f"{source} holds no safetensors weights", "Choose one that does, or convert it."
        )
    fetch("generation_config.json")
    return folder


def _as_error(refusal: Refusal) -> TrainError:
    return TrainError(refusal.code, refusal.message, refusal.hint)


def _decoder_start(source: str, config: Any) -> tuple[int, ...]:
    if (start := config.decoder_start_token_id) is None:
        raise TrainError(
            "student_without_start",
            f"{source} does not say which token its decoder begins with",
            "Set decoder_start_token_id in its config.json, as its makers document it.",
        )
    return (int(start),)


def _config(source: str, options: dict[str, Any]) -> Any:
    try:
        return AutoConfig.from_pretrained(source, **options)
    except LOAD_ERRORS as error:
        raise explain_load_error(source, error) from error


def open_tokenizer(source: str, options: dict[str, Any]) -> Any:
    """The tokenizer of a student as it comes.

    Raises:
        TrainError: It has none that can be read, or the hub refuses it.
    """
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except LOAD_ERRORS as error:
        if _hub_error(error) is not None:
            raise explain_load_error(source, error) from error
        raise TrainError(
            "student_without_tokenizer",
            f"{source} has no tokenizer that can be read: {error}",
            "Put tokenizer.json and tokenizer_config.json beside the weights.",
        ) from error


def _hub_error(error: BaseException) -> HfHubHTTPError | None:
    """The hub's own error behind the one transformers raises."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, HfHubHTTPError):
        cause = cause.__cause__ or cause.__context__
    return cause


def explain_load_error(source: str, error: Exception) -> TrainError:
    """Return what an error of transformers or of the hub means, and how to mend it."""
    hub = _hub_error(error)
    if isinstance(hub, GatedRepoError):
        return TrainError(
            "licence_gate",
            f"the licence of {source} must be accepted before its weights are given out",
            f"Open https://huggingface.co/{source}, accept the licence, and set HF_TOKEN to a token of"
            " that account with read access.",
        )
    if isinstance(hub, RepositoryNotFoundError | RevisionNotFoundError):
        return TrainError(
            "student_unknown",
            f"the hub knows no {source} at this revision, or the token may not see it",
            "Check the id and the commit; private models need HF_TOKEN.",
        )
    if hub is not None and hub.response is not None and hub.response.status_code in (401, 403):
        return TrainError("hub_refused", f"the hub refused the token for {source}", "Set HF_TOKEN to a valid token.")
    if _is_of_transport(error):
        return _unreachable(source)
    if full_disk.is_full(error):
        return TrainError("disk_full", f"the disk filled up while {source} was fetched: {error}", ROOM_FOR_HUB)
    # A config that contradicts itself says why one error further in.
    text = str(error.__cause__ if isinstance(error, StrictDataclassError) else error)
    if "architecture" in text or "custom code" in text or "trust_remote_code" in text or isinstance(error, KeyError):
        return TrainError(
            "student_unknown_architecture",
            f"{source} is of an architecture this engine does not know",
            "Choose a student that the installed transformers runs without remote code.",
        )
    if "connect" in text.lower() or "offline" in text.lower():
        return _unreachable(source)
    return TrainError(
        "student_unreadable",
        f"{source} could not be loaded: {(text or repr(error)).splitlines()[0]}",
        "Check that its files are whole.",
    )


def _is_of_transport(error: BaseException | None) -> bool:
    """Return whether a connection failed: a name that is not found, a refused or broken line, a time-out."""
    while error is not None:
        if isinstance(error, httpx.TransportError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _unreachable(source: str) -> TrainError:
    return TrainError(
        "hub_unreachable",
        f"{source} could not be fetched: the hub is out of reach",
        "Check this host's network, or give the student as a folder.",
    )
