"""A model of sentence-transformers in, what runs it on this machine out.

OpenVINO runs the whole of it, tokens to vectors of unit length, in one call: on a processor with
AMX a question took 4 ms of one core instead of torch's 15, a passage 17 instead of 24, nearer to
float32 (cosine .99999 instead of .998), and Python's other threads go on meanwhile. torch runs
what OpenVINO cannot convert.
"""

from __future__ import annotations

import json
import logging
import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from knowledge import pieces
from knowledge.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    Vectors = NDArray[np.float32]

Kind = Literal["query", "passage"]
# Larger batches hold texts of more unequal lengths, and their padding: of 16 a passage took a tenth more time.
BATCH = 8
# Of 32 a sentence took a fifth more time, of 8 a short one a fifth too.
QUESTION_BATCH = 16
# Tokens; in steps of 8, for which OpenVINO prepares twice as many shapes, passages took 7 % more time and 50 MiB more
# memory, in steps of 32 6 % more time.
LENGTH_STEP = 16
EXPORTED, SETTINGS = "openvino_model.xml", "encoder.json"
# A converted model has to say the same as the original; a wrong conversion is far away.
SAME = 0.999
# Texts of unequal lengths, so that padding and masks are a part of the comparison.
PROBES = ("kota", "Apa saja enam aspek kota cerdas?", "Pemerintah daerah menyusun rencana induk. " * 8)
# Sentences of the length that a passage has; only their length matters.
CALIBRATION = ["Pemerintah daerah menyelenggarakan layanan perkotaan. " * 16] * 6
ROUNDS = 3

log = logging.getLogger(__name__)


class Runtime(Protocol):
    """Runs a model; may be called from many threads."""

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Vectors of unit length, shape (len(texts), dimension), with the model's prompt of that kind."""


class OpenVinoRuntime:
    """A model that `export` has written, on `threads` cores: each batch on one of them, as many side
    by side. A question occupies one core."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import openvino

        self._threads = threads
        hints = {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
            # A core that another program holds would be waited for.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled = openvino.Core().compile_model(folder / EXPORTED, "CPU", hints)
        self._inputs = {port.get_any_name() for port in self._compiled.inputs}
        self._settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        self._tokenizer = pieces.tokenizer_of(folder, self._settings["max_tokens"])

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """See Runtime."""
        from openvino import AsyncInferQueue

        prompt = self._settings["prompts"].get(kind, "")
        tokens = self._tokenizer.encode([prompt + text for text in texts])
        vectors = np.empty((len(texts), self._compiled.output(0).partial_shape[1].get_length()), dtype=np.float32)
        # Texts of one length in one batch: padding is what costs.
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        size = QUESTION_BATCH if kind == "query" else BATCH
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        if len(batches) == 1:
            vectors[batches[0]] = self._compiled.create_infer_request().infer(self._feed(tokens, batches[0]))[0]
        elif batches:
            queue = AsyncInferQueue(self._compiled, self._threads)

            def done(request: Any, batch: list[int]) -> None:  # noqa: ANN401
                vectors[batch] = request.get_output_tensor(0).data

            queue.set_callback(done)
            for batch in batches:
                queue.start_async(self._feed(tokens, batch), batch)
            queue.wait_all()
        # In bfloat16 the model's own normalisation is half a percent off.
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _feed(self, tokens: Sequence[list[int]], batch: list[int]) -> dict[str, NDArray[np.int64]]:
        """One batch as the model's inputs, shape (texts, longest of them, rounded up).

        OpenVINO keeps what it has prepared for each shape: with every length there is, 120 MiB more
        after 600 batches, and no faster.
        """
        longest = max(len(tokens[i]) for i in batch)
        shape = len(batch), min(-(-longest // LENGTH_STEP) * LENGTH_STEP, self._settings["max_tokens"])
        ids = np.full(shape, self._settings["padding"], dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, i in enumerate(batch):
            ids[row, : len(tokens[i])] = tokens[i]
            mask[row, : len(tokens[i])] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return {name: feed[name] for name in self._inputs}


class TorchRuntime:
    """A model as sentence-transformers loads it, by name or folder. Raises ModelError."""

    def __init__(self, name: str, precision: str, threads: int) -> None:
        self.model = load(name, precision)
        self._threads = threads

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """See Runtime.

        Questions on one thread: as fast as on two for so short a text, and they do not wait for a
        core that another program holds (p95 25 ms instead of 600 ms beside a busy process).
        """
        import torch

        torch.set_num_threads(1 if kind == "query" else self._threads)
        vectors = self.model.encode(
            list(texts),
            prompt_name=kind if kind in self.model.prompts else None,
            batch_size=QUESTION_BATCH if kind == "query" else BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)


def load(name: str, precision: str) -> SentenceTransformer:
    """The model itself. Raises ModelError."""
    quiet()
    # Threads that spin while they wait made passages eight times slower beside a busy process.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch
    from sentence_transformers import SentenceTransformer

    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    try:
        return SentenceTransformer(name, device="cpu", model_kwargs={"dtype": dtype})
    except (OSError, ValueError) as error:
        raise ModelError(f"Model embedding '{name}' tidak dapat dimuat: {error}") from error


def export(original: TorchRuntime, folder: Path) -> bool:
    """Write a model for OpenVINO into `folder`; False when that cannot be done with this one."""
    try:
        _convert(original.model, folder)
        mine = OpenVinoRuntime(folder, "float32", 1).encode(PROBES, "passage")
    except Exception as error:  # noqa: BLE001 - whatever it is that OpenVINO cannot do, torch can
        log.info("torch runs the model, since OpenVINO cannot convert it: %s", error)
        return False
    return bool(np.all(np.sum(mine * original.encode(PROBES, "passage"), axis=1) > SAME))


def _convert(model: SentenceTransformer, folder: Path) -> None:
    import openvino
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:  # noqa: ANN401
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            if token_type_ids is not None:
                features["token_type_ids"] = token_type_ids
            return self.model(features)["sentence_embedding"]

    tokens = model.tokenizer(list(PROBES), padding=True, return_tensors="pt")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's, on what has no meaning outside of training
        converted = openvino.convert_model(Whole().eval(), example_input=dict(tokens))
    folder.mkdir(parents=True, exist_ok=True)
    model.tokenizer.backend_tokenizer.no_padding()
    model.tokenizer.backend_tokenizer.no_truncation()
    model.tokenizer.backend_tokenizer.save(str(folder / pieces.TOKENIZER))
    settings = {
        "prompts": {kind: model.prompts.get(kind, "") for kind in ("query", "passage")},
        "max_tokens": model.max_seq_length or 512,
        "padding": model.tokenizer.pad_token_id or 0,
    }
    (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    pieces.convert(folder)
    # 16 bits on the disk: half the memory, since the file is the table of the words.
    openvino.save_model(converted, folder / EXPORTED, compress_to_fp16=True)


def passages_per_second(runtime: Runtime) -> float:
    """The best of some rounds, since other programs take a core now and then."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        runtime.encode(CALIBRATION, "passage")
        seconds.append(time.perf_counter() - started)
    return round(len(CALIBRATION) / min(seconds), 1)


def quiet() -> None:
    """Loading bars and reports of the libraries are not for an official to read."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
