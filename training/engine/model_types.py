"""Types of models for annotations. Only type checkers import this module's names; nothing is loaded at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from peft import PeftModel
    from transformers import PreTrainedModel

    # A transformers model, with PEFT's adapters around it or without.
    CausalModel: TypeAlias = PreTrainedModel | PeftModel
