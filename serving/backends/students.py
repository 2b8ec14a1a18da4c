"""A student as a server of the field is given it: its folder, checked, and its chat. Reads no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transformers import GenerationConfig

from serving.backends.contracts import NotServableError
from training.engine.contracts import StudentRef
from training.engine.data.chat import Chat
from training.engine.model.unloaded import UnloadedStudent, open_config, open_student, sound_weights
from training.students import model_folder


@dataclass(frozen=True)
class OpenedStudent:
    """A student whose files lie on this host, its weights unread.

    Attributes:
        folder: Folder of its config, tokenizer and safetensors.
        context_length: Longest prompt and answer together; None where its config does not say.
        vocabulary: How many scores it gives.
    """

    folder: str
    stops: frozenset[int]
    context_length: int | None
    vocabulary: int
    token: str | None
    allowed_roots: tuple[str, ...]

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in model_folder.weight_files_of(Path(self.folder)))

    def chat_of(self, ref: StudentRef) -> Chat:
        """The chat of this student, read in the ways of one miniature."""
        chat = open_student(ref, token=self.token, allowed_roots=self.allowed_roots).chat
        return replace(chat, stops=chat.stops | self.stops)


def open_for_server(ref: StudentRef, *, token: str | None, allowed_roots: Sequence[str]) -> OpenedStudent:
    """Open a student for a server of this host; the files of a hub's are fetched.

    Raises:
        NotServableError: It is an encoder–decoder.
        TrainError: As `open_student` and `sound_weights`.
    """
    opened = open_chat_of(ref, token=token, allowed_roots=allowed_roots)
    source, options, _ = open_config(ref, token=token, allowed_roots=allowed_roots)
    return replace(opened, folder=sound_weights(source, options)[0])


def open_chat_of(ref: StudentRef, *, token: str | None, allowed_roots: Sequence[str]) -> OpenedStudent:
    """Open a student whose weights somebody else holds; its folder stays empty.

    Raises:
        NotServableError: It is an encoder–decoder.
        TrainError: As `open_student`.
    """
    opened = open_student(ref, token=token, allowed_roots=allowed_roots)
    if opened.config.is_encoder_decoder:
        raise NotServableError("It is an encoder–decoder.")
    return OpenedStudent(
        "",
        frozenset(_ends(opened)),
        opened.context_length,
        int(opened.config.get_text_config().vocab_size),
        token,
        tuple(allowed_roots),
    )


def _ends(opened: UnloadedStudent) -> list[int]:
    """Tokens at which generation ends, as transformers takes them: of generation_config.json, else of config.json."""
    try:
        ends = GenerationConfig.from_pretrained(opened.source, **opened.options).eos_token_id
    except OSError:
        ends = opened.config.get_text_config().eos_token_id
    return [] if ends is None else [ends] if isinstance(ends, int) else [int(end) for end in ends]
