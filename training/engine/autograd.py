"""Typed access to torch's custom autograd functions: what their context offers, and how one is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx


class GradientContext(FunctionCtx):
    """Values torch hands `forward` and `backward` of a function; a subclass names what the function keeps in it."""

    needs_input_grad: tuple[bool, ...]
    saved_tensors: tuple[Any, ...]

    if TYPE_CHECKING:

        def save_for_backward(self, *tensors: Tensor | None) -> None:
            """Keep tensors for `backward`; None stays None."""


def apply(function: type[Function], *inputs: object) -> Any:
    """Call a function with gradients recorded; `inputs` and the result are those of its `forward`."""
    return function.apply(*inputs)
