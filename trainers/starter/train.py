"""Trains the starter model from nothing on one CPU core, by the clock: corpus, tokenizer, weights, record.

`python -m trainers.starter.train --shared DIR --out DIR --minutes N --seed S`, then `python -m
trainers.starter.evaluate` measures it and writes the card.
"""

import argparse
import hashlib
import json
import logging
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from . import corpus, evaluate, sources
from .batches import LABEL_WEIGHT, Batch, Encoded, batches, encode
from .optimiser import Orthogonal, parameter_groups
from .overlap import Filter, unwanted
from .tokenizer import END, MAX_LENGTH, PAD, load_tokenizer, train_tokenizer
from .wiring import CONTENT_WIDTH, wire
from .word_vectors import informativeness, initial_embeddings, reduce

LOG = logging.getLogger("starter")
# Share of the time at which a stage ends, and tokens per step in it.
STAGES = {"copy": (0.04, 2048), "short": (0.20, 2560), "main": (0.86, 4096), "long": (1.0, 5120)}
WARMUP, DECAY_FROM = 0.01, 0.70
EMA = 0.99
SEQUENCE_LIMIT = 1024
CORPUS, TOKENIZER = "corpus.jsonl.gz", "tokenizer.json"
SNAPSHOT_SECONDS, CHECKPOINT_SECONDS, LOG_SECONDS, PROBE_SECONDS = 720, 300, 30, 600


@dataclass
class Progress:
    """Where a run stands; saved with every checkpoint."""

    seconds: float = 0.0
    """Training time so far, over all sessions."""
    step: int = 0
    """Optimiser steps."""
    tokens: int = 0
    """Tokens read, padding not counted."""
    loss: float = float("nan")
    """Running mean of the weighted loss."""
    label_loss: float = float("nan")
    """Running mean of the loss on label tokens alone."""


def configuration(vocabulary: int) -> LlamaConfig:
    """3.4 M weights: six layers of width 192, every width a multiple of 64 for 4-bit loading."""
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=6,
        num_attention_heads=6,
        num_key_value_heads=6,
        head_dim=32,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        attention_bias=False,
        mlp_bias=False,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=PAD,
        initializer_range=0.05,
    )


def word_streams(
    tokenizer: PreTrainedTokenizerFast, data: Path, refused: Filter, *, seed: int
) -> list[list[int]]:
    """The text that words are counted in: prose, stories and samples of the training intents."""
    rng = Random(seed)
    texts = [
        text for text in chain(sources.prose(data), sources.everyday_prose(data)) if not refused.refuses(text)
    ]
    texts += [" ".join(rng.sample(group, min(len(group), 8))) for group in _classes(data, refused)]
    return [e.ids for e in tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


def _classes(data: Path, refused: Filter) -> list[list[str]]:
    groups = [texts for name in sources.HELD_OUT for texts in sources.intents(data, name).values()]
    return [[text for text in texts if not refused.refuses(text)] for texts in groups]


def fresh_model(
    tokenizer: PreTrainedTokenizerFast, streams: list[list[int]], *, seed: int
) -> LlamaForCausalLM:
    """Counted embeddings, keys that start near the queries, and the hand-made circuits over random layers."""
    torch.manual_seed(seed)
    # Eager attention in half precision is faster on a CPU than the fused kernel (backward pass, width 32).
    model: LlamaForCausalLM = LlamaForCausalLM._from_config(
        configuration(len(tokenizer)), attn_implementation="eager"
    )
    rows = initial_embeddings(tokenizer, streams, width=model.config.hidden_size, seed=seed)
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(rows)
        model.model.norm.weight.fill_(0.8)
        for layer in model.model.layers:
            attention = layer.self_attn
            attention.k_proj.weight.mul_(0.7).add_(attention.q_proj.weight, alpha=0.7)
            attention.o_proj.weight.mul_(0.3)
            layer.mlp.down_proj.weight.mul_(0.3)
    wire(model, reduce(rows, width=CONTENT_WIDTH), informativeness(streams, size=len(tokenizer)))
    return model


def batch_loss(model: LlamaForCausalLM, batch: Batch) -> tuple[torch.Tensor, float]:
    """Weighted cross-entropy, and its value on label tokens; only positions that count get logits."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model(input_ids=batch.ids, use_cache=False).last_hidden_state.flatten(0, 1)
        logits = model.lm_head(hidden[batch.positions])
    losses = cross_entropy(logits.float(), batch.targets, reduction="none")
    labels = losses.detach()[batch.weights == LABEL_WEIGHT]
    label_loss = float(labels.mean()) if len(labels) else float("nan")
    return (losses * batch.weights).sum() / batch.weights.sum(), label_loss


def smooth(mean: float, value: float) -> float:
    """A running mean over some 30 steps; a value that is missing changes nothing."""
    if math.isnan(value):
        return mean
    return value if math.isnan(mean) else 0.97 * mean + 0.03 * value


def rate(share: float) -> float:
    """Learning-rate factor at a share of the time: warm up, hold, then decay along a straight line to 2 %."""
    if share < WARMUP:
        return max(share / WARMUP, 0.02)
    return 1.0 if share < DECAY_FROM else max(0.02, (1 - share) / (1 - DECAY_FROM))


class Stream:
    """Batches of the stage that the clock asks for."""

    def __init__(self, documents: dict[str, list[Encoded]], *, seed: int) -> None:
        self._open: dict[str, Iterator[Batch]] = {
            stage: batches(documents[stage], tokens=tokens, seed=seed)
            for stage, (_, tokens) in STAGES.items()
        }
        self._step = 0

    def at(self, share: float) -> Batch:
        """The next batch. In the last stage every third one still comes from the middle stage."""
        self._step += 1
        stage = next((name for name, (end, _) in STAGES.items() if share < end), "long")
        if stage == "long" and self._step % 3 == 0:
            stage = "main"
        return next(self._open[stage])


class Run:
    """One training run that can be stopped and taken up again."""

    def __init__(
        self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, work: Path, out: Path
    ) -> None:
        self.model, self.tokenizer, self.work, self.out = model, tokenizer, work, out
        self.average = LlamaForCausalLM(model.config)
        self.average.load_state_dict(model.state_dict())
        adam, matrices = parameter_groups(model)
        self.adam = torch.optim.AdamW(adam, betas=(0.9, 0.95), fused=True)
        self.matrices = Orthogonal(matrices)
        self.progress = Progress()
        self._resume()

    def step(self, batch: Batch, factor: float) -> None:
        """One update. A loss or gradient that is not finite ends the run: it never repairs itself."""
        self.model.train()
        loss, label_loss = batch_loss(self.model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise FloatingPointError(
                f"step {self.progress.step}: loss {loss.item()}, gradient norm {norm.item()}"
            )
        for group in self.adam.param_groups:
            group["lr"] = group["peak"] * factor
        self.adam.step()
        self.matrices.step(factor)
        self.model.zero_grad(set_to_none=True)
        with torch.no_grad():
            old, new = list(self.average.parameters()), list(self.model.parameters())
            torch._foreach_lerp_(old, new, 1 - min(EMA, self.progress.step / (self.progress.step + 10)))
        state = self.progress
        state.step += 1
        state.tokens += int((batch.ids != PAD).sum())
        state.loss = smooth(state.loss, loss.item())
        state.label_loss = smooth(state.label_loss, label_loss)

    def checkpoint(self) -> None:
        """Everything a later session needs, in full precision."""
        part = self.work / "checkpoint.part"
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "adam": self.adam.state_dict(),
            "matrices": self.matrices.state(),
            "progress": asdict(self.progress),
        }
        torch.save(state, part)
        part.replace(self.work / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.work / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.adam.load_state_dict(state["adam"])
        self.matrices.load(state["matrices"])
        self.progress = Progress(**state["progress"])
        LOG.info("taken up at step %d", self.progress.step)

    def snapshot(self) -> None:
        """A usable model folder: written beside the old one, then renamed file by file."""
        part = self.out.with_name(self.out.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        half = LlamaForCausalLM(self.model.config).half()
        half.load_state_dict(self.average.state_dict())
        half.generation_config = GenerationConfig(
            max_new_tokens=64, do_sample=False, eos_token_id=END, pad_token_id=PAD
        )
        half.save_pretrained(part)
        self.tokenizer.save_pretrained(part)
        self.out.mkdir(parents=True, exist_ok=True)
        for path in sorted(part.iterdir()):
            path.replace(self.out / path.name)
        part.rmdir()


def report(state: Progress) -> None:
    """One line on where the run stands."""
    LOG.info(
        "%5.0f s  step %5d  %8d tokens  %5.0f/s  loss %.4f  labels %.4f",
        state.seconds,
        state.step,
        state.tokens,
        state.tokens / state.seconds,
        state.loss,
        state.label_loss,
    )


def train(run: Run, stream: Stream, *, data: Path, minutes: float) -> None:
    """Train until the clock says stop; time spent on probes and snapshots counts too."""
    state, total = run.progress, minutes * 60
    started = time.monotonic() - state.seconds
    due = {
        "log": state.seconds,
        "snapshot": SNAPSHOT_SECONDS,
        "checkpoint": CHECKPOINT_SECONDS,
        "probe": 420.0,
    }
    every = {
        "log": LOG_SECONDS,
        "snapshot": SNAPSHOT_SECONDS,
        "checkpoint": CHECKPOINT_SECONDS,
        "probe": PROBE_SECONDS,
    }
    while (elapsed := time.monotonic() - started) < total:
        share = elapsed / total
        run.step(stream.at(share), rate(share))
        state.seconds = time.monotonic() - started
        now = [name for name, at in due.items() if state.seconds >= at]
        for name in now:
            due[name] = state.seconds + every[name]
        if "log" in now:
            report(state)
        if "probe" in now:
            found = evaluate.own_probes(run.average, run.tokenizer, data, items=8)
            LOG.info("probes: %s", " | ".join(f"{p.name}: {p.correct}/{p.n}" for p in found))
        if "checkpoint" in now:
            run.checkpoint()
        if "snapshot" in now:
            run.snapshot()
    run.checkpoint()
    run.snapshot()


def prepare(
    data: Path, work: Path, *, seed: int, refused: Filter
) -> tuple[PreTrainedTokenizerFast, list[corpus.Document]]:
    """Corpus and tokenizer, built once and kept in the work folder."""
    text, vocabulary = work / CORPUS, work / TOKENIZER
    if not text.exists():
        part = text.with_name("part.jsonl.gz")
        material = corpus.read_material(data, unwanted=refused)
        corpus.write(corpus.build(material, seed=seed, unwanted=refused), part)
        part.replace(text)
    documents = corpus.read(text)
    if not vocabulary.exists():
        sample = Random(seed).sample(documents, min(len(documents), 25_000))
        names = chain.from_iterable(_classes(data, refused))
        tokenizer = train_tokenizer(chain((corpus.document_text(d) for d in sample), names))
        tokenizer.backend_tokenizer.save(str(vocabulary))
    return load_tokenizer(vocabulary), documents


def by_stage(
    documents: list[corpus.Document], tokenizer: PreTrainedTokenizerFast
) -> dict[str, list[Encoded]]:
    """Encoded documents, apart by stage."""
    found: dict[str, list[corpus.Document]] = {stage: [] for stage in STAGES}
    for document in documents:
        found[document["stage"]].append(document)
    return {stage: encode(group, tokenizer, limit=SEQUENCE_LIMIT) for stage, group in found.items()}


def record(run: Run, *, seed: int, minutes: float, refused: Filter, documents: int) -> dict[str, Any]:
    """What the card needs to know of a run; the probes come later."""
    digests = {
        f"{name}_sha256": hashlib.sha256((run.work / file).read_bytes()).hexdigest()
        for name, file in (("corpus", CORPUS), ("tokenizer", TOKENIZER))
    }
    mixture = {"kinds": corpus.KINDS, "pools": corpus.POOLS, "bags": corpus.BAGS}
    return {
        "parameters": sum(parameter.numel() for parameter in run.model.parameters()),
        "seed": seed,
        "minutes": minutes,
        **asdict(run.progress),
        "documents": documents,
        **digests,
        "mixture": mixture,
        "forbidden_ngrams": len(refused.grams),
        "forbidden_names": list(refused.names),
        "probes": [],
    }


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument(
        "--work", type=Path, default=Path("starter-work"), help="corpus, tokenizer and checkpoints"
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--forbidden",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="texts that the corpus may share no run of eight words with",
    )
    parser.add_argument(
        "--forbidden-names",
        nargs="*",
        default=[],
        metavar="NAME",
        help="names that no training text may hold",
    )
    return parser.parse_args()


def main() -> None:
    """Build, train and write the folder."""
    asked = options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    data = asked.shared / "data"
    asked.work.mkdir(parents=True, exist_ok=True)
    refused = unwanted(asked.forbidden, asked.forbidden_names)
    tokenizer, documents = prepare(data, asked.work, seed=asked.seed, refused=refused)
    encoded = by_stage(documents, tokenizer)
    LOG.info("tokens by stage: %s", {s: sum(len(d.ids) for d in found) for s, found in encoded.items()})
    model = fresh_model(tokenizer, word_streams(tokenizer, data, refused, seed=asked.seed), seed=asked.seed)
    run = Run(model, tokenizer, asked.work, asked.out)
    train(run, Stream(encoded, seed=asked.seed), data=data, minutes=asked.minutes)
    found = record(run, seed=asked.seed, minutes=asked.minutes, refused=refused, documents=len(documents))
    (asked.out / "training.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
