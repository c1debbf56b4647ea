"""Texts in, the numbers of their pieces out, as the model's own tokenizer gives them.

The 250,000 pieces of a multilingual model take 280 MiB in Hugging Face's tokenizers and 55 MiB in
SentencePiece, which is also five times as fast. So a vocabulary of the kind that SentencePiece made
in the first place is given back to it; every other tokenizer runs as it came.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import tokenizers

TOKENIZER = "tokenizer.json"
# The vocabulary for SentencePiece, and the rest of the tokenizer: what it makes of a text before.
PIECES, FRAME = "pieces.model", "frame.json"
# Numbers that SentencePiece's format gives: to a kind of model, and to kinds of pieces.
UNIGRAM, NORMAL, UNKNOWN, CONTROL = 1, 1, 2, 3
# What both have to read alike.
SAMPLES = (
    "query: Apa saja enam aspek kota cerdas?",
    "passage: Peraturan Wali Kota  Nomor 7\tTahun 2023\ntentang “Satu Data” – Rp1.000.000,00 (satu juta rupiah);",
    "  ﬁle ½ ① 日本 привет 😀\u200b tiga\u00adpuluh ",
    "",
)


class Tokenizer(Protocol):
    """May be called from many threads."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of the pieces of each text, and of those that frame it."""


def tokenizer_of(folder: Path, most: int | None = None) -> Tokenizer:
    """The tokenizer of a folder that holds a tokenizer.json; what is beyond `most` pieces is cut off."""
    if (folder / FRAME).exists():
        return SentencePieces(folder, most)
    from tokenizers import Tokenizer

    return HuggingFace(Tokenizer.from_file(str(folder / TOKENIZER)), most)


class HuggingFace:
    """The tokenizer as it came."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, most: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        if most:
            self._tokenizer.enable_truncation(most)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """See Tokenizer."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]


class SentencePieces:
    """The same by SentencePiece, in a folder that `convert` has prepared."""

    def __init__(self, folder: Path, most: int | None = None) -> None:
        from sentencepiece import SentencePieceProcessor
        from tokenizers import Tokenizer

        text = (folder / FRAME).read_text(encoding="utf-8")
        self._normalizer = Tokenizer.from_str(text).normalizer
        self._before, self._after = _framing(json.loads(text)["post_processor"])
        self._room = most - len(self._before) - len(self._after) if most else None
        self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """See Tokenizer."""
        return [[*self._before, *self._bare(text)[: self._room], *self._after] for text in texts]

    def _bare(self, text: str) -> list[int]:
        written = self._normalizer.normalize_str(text) if self._normalizer else text
        # Both put a space before the first word, tokenizers only where there is none.
        found: list[int] = self._pieces.encode(written.removeprefix(" "))
        return found


def _framing(post_processor: dict[str, Any]) -> tuple[list[int], list[int]]:
    """The pieces before and behind a text."""
    before: list[int] = []
    behind: list[int] = []
    here = before
    for part in post_processor["single"]:
        if "Sequence" in part:
            here = behind
        else:
            here += post_processor["special_tokens"][part["SpecialToken"]["id"]]["ids"]
    return before, behind


def convert(folder: Path) -> bool:
    """Give the vocabulary in `folder` to SentencePiece; False when that is not one of its kind."""
    from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]

    tokenizer = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    model = tokenizer["model"]
    kinds = [(part or {}).get("type") for part in (model, tokenizer["pre_tokenizer"], tokenizer["post_processor"])]
    if kinds != ["Unigram", "Metaspace", "TemplateProcessing"] or model.get("byte_fallback"):
        return False
    special = {token["content"] for token in tokenizer["added_tokens"]}
    unknown, found = model["unk_id"], ModelProto()
    for n, (piece, score) in enumerate(model["vocab"]):
        kind = UNKNOWN if n == unknown else CONTROL if piece in special else NORMAL
        found.pieces.add(piece=piece, score=score, type=kind)
    found.trainer_spec.model_type = UNIGRAM
    found.trainer_spec.unk_id = unknown
    found.trainer_spec.unk_piece = model["vocab"][unknown][0]
    # The text has been normalised by then; a space before the first word, as between all others.
    found.normalizer_spec.add_dummy_prefix = True
    found.normalizer_spec.remove_extra_whitespaces = False
    (folder / PIECES).write_bytes(found.SerializeToString())
    whole = tokenizer_of(folder).encode(SAMPLES)
    model["vocab"] = model["vocab"][: unknown + 1]
    (folder / FRAME).write_text(json.dumps(tokenizer), encoding="utf-8")
    if SentencePieces(folder).encode(SAMPLES) == whole:
        return True
    (folder / FRAME).unlink()
    return False
