"""How many tokens texts have, without torch: the model's own tokenizer where it is at hand, else by words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

TOKENS_PER_WORD = 1.4
"""English and vocabularies of 32,000 and more; rare words and other languages take more: assumption."""
TOKENS_PER_LETTER = 1.0
"""Scripts without spaces between words, for which counting words counts sentences: assumption."""
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, kana and Chinese characters, by the blocks of Unicode."""


class Shape(NamedTuple):
    """What a model's files say of it."""

    parameters: int | None
    """Weights in the safetensors files; None where there are none at hand."""
    context: int | None
    """Longest input in tokens; None where it is not known."""


def count(texts: Sequence[str], folder: Path | None) -> tuple[list[int], str]:
    """Tokens per text, and how they were counted, in words."""
    tokenizer = _tokenizer(folder)
    if tokenizer is not None:
        encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one.ids) for one in encoded], "counted with the model's tokenizer"
    parted = [UNSPACED.subn(" ", text) for text in texts]
    guessed = [
        round(TOKENS_PER_WORD * len(rest.split()) + TOKENS_PER_LETTER * letters) for rest, letters in parted
    ]
    letters = f" and {TOKENS_PER_LETTER:.0f} per character of scripts without spaces"
    by_letters = letters if any(number for _, number in parted) else ""
    how = f"{TOKENS_PER_WORD} tokens per word{by_letters}, because the model's tokenizer is not at hand"
    return guessed, how


def _tokenizer(folder: Path | None) -> Any:
    """The model's own; None where there is no file that the library reads."""
    vocabulary = folder / "tokenizer.json" if folder is not None else None
    if vocabulary is None or not vocabulary.is_file():
        return None
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(vocabulary))
    except Exception:  # the library raises nothing narrower (tokenizers 0.22)
        return None


def shape(folder: Path | None) -> Shape:
    """Parameters from the headers of the weight files, context from the configuration; no weight is read."""
    if folder is None:
        return Shape(None, None)
    found = [_weights(path) for path in sorted(folder.glob("*.safetensors"))]
    config = folder / "config.json"
    text = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    inner = text.get("text_config", text)
    context = inner.get("max_position_embeddings")
    return Shape(sum(found) or None, int(context) if context else None)


def _weights(path: Path) -> int:
    """Sum of the tensor sizes in a safetensors header: 8 bytes of length, then JSON."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    total = 0
    for name, entry in header.items():
        if name != "__metadata__":
            size = 1
            for width in entry["shape"]:
                size *= width
            total += size
    return total
