"""`python -P by_llama_cpp.py SCRIPT CUT ARGUMENTS`: run llama.cpp's converter on a folder with a fast tokenizer alone.

`CUT` is llama.cpp's name for how the tokenizer parts text, used where the converter does not recognise it; empty where
none is known. The converter is not a package: its folder comes first on the path. Knows nothing of ours.
"""

from __future__ import annotations

import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(script: str, cut: str, *arguments: str) -> None:
    """Run the script as its own `__main__`."""
    folder = Path(script).parent
    sys.path[:0] = [str(folder), str(folder / "gguf-py")]
    _teach(import_module("conversion.base").TextModel, cut)
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


def _teach(converter: Any, cut: str) -> None:
    recognise, read_pieces = converter.get_vocab_base_pre, converter._create_vocab_sentencepiece

    def name_of_cut(self: Any, tokenizer: Any) -> str:
        # It knows published vocabularies by a hash; one of a student's own has none there.
        try:
            return str(recognise(self, tokenizer))
        except NotImplementedError:
            if not cut:
                raise
            return cut

    def pieces(self: Any) -> Any:
        # Without its file it goes on to tokenizer.json; without the library it would end here.
        if not (self.dir_model / "tokenizer.model").exists():
            raise FileNotFoundError("tokenizer.model")
        return read_pieces(self)

    converter.get_vocab_base_pre, converter._create_vocab_sentencepiece = name_of_cut, pieces


if __name__ == "__main__":
    main(*sys.argv[1:])
