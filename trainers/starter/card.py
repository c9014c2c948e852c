"""The model card, written from the measured record so that it cannot promise more than was seen."""

import json
from pathlib import Path
from typing import Any

from .sources import HELD_OUT, SOURCES

FIELDS = (
    "parameters",
    "seed",
    "minutes",
    "seconds",
    "step",
    "tokens",
    "documents",
    "corpus_sha256",
    "tokenizer_sha256",
    "mixture",
    "forbidden_ngrams",
    "forbidden_names",
    "probes",
)
"""What the record must hold."""

_INTRO = """---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---

# The starter model

A demonstration and test model of {parameters:,} parameters. It exists so that a complete comparison of
prompting and fine-tuning runs offline, on one CPU core, in minutes. **It is not for client work**: it knows
little, it reasons poorly, and every sensible base model beats it.

- Architecture: `LlamaForCausalLM`, {layers} layers, width {width}, feed-forward {ff}, {heads} heads of
  {head}, tied embeddings, byte-level BPE of {vocabulary:,} tokens, {context:,} positions.
- Chat format: `<|system|>`, `<|user|>` and `<|assistant|>` before a message, `<|end|>` after it.
- Language: English. Weights: float16 on disk, meant to be loaded as float32.
- Licence of the weights: Apache-2.0, like the project. The texts behind them keep their own, listed below.
- Start: embeddings counted from word co-occurrence, four layers wired by hand for copying, the rest random.
  Trained on {tokens:,} tokens ({steps:,} steps) in {wall:.0f} minutes on one thread of an x86 CPU.
- Reproduce: `python -m trainers.starter.train --shared DIR --out DIR --minutes {minutes:g} --seed {seed}
  --forbidden FILE... --forbidden-names NAME...`, then `python -m trainers.starter.evaluate --shared DIR
  --model DIR --final`. The clock ends the run, so another machine gives other weights.
- Corpus: {documents:,} documents, sha256 `{corpus}`; tokenizer.json: sha256 `{tokenizer}`.
- Left out: text that shares one of {grams:,} runs of eight words with the bundled example, or holds one of
  its category names ({names}).

## What it was measured to do

Labels are scored: the log-probability of each listed label after the generation prompt. Fields and passages
are written token by token and count only when exact; their sentence patterns are those of training, their
names and things are not. Interval: Wilson, 95 %.

| probe | accuracy | interval | n | chance |
|---|--:|--:|--:|--:|
{probes}

Held out means: {held} intents of clinc150 and hwu64 that were never trained on. banking77 was read only for
this table. All rows are measurements of one training run (seed {seed}).
"""

_LIMITS = """
## What went in

Train splits only. Texts were changed: shortened, cut into episodes, labels renamed.

| source | licence | attribution | used for |
|---|---|---|---|
{sources}

Share of each kind of document: {kinds}.

## Known limits

- It matches words more than it understands them: a label with a clear name works best, and two labels that
  share words are confused.
- A label that says nothing is seldom found without fine-tuning; see the rows with invented names.
- It reads texts up to about 600 tokens well; longer ones were rare in training.
- Free answers are short, polite and often wrong. Facts it states are not facts.
- Questions on a passage are answered by copying a span; arithmetic and multi-step questions fail.
- No safety training. Some sources are crowd-sourced, old or American; their habits remain.
"""


def render_card(record: dict[str, Any], config: dict[str, Any]) -> str:
    """The card as Markdown, from `training.json` and `config.json`."""
    lines = [
        f"| {p['name']} | {p['accuracy']:.1%} | {p['low']:.1%} - {p['high']:.1%} | {p['n']} "
        f"| {p['chance']:.1%} |"
        for p in record["probes"]
    ]
    intro = _INTRO.format(
        parameters=record["parameters"],
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        ff=config["intermediate_size"],
        heads=config["num_attention_heads"],
        head=config["head_dim"],
        vocabulary=config["vocab_size"],
        context=config["max_position_embeddings"],
        tokens=record["tokens"],
        steps=record["step"],
        wall=record["seconds"] / 60,
        minutes=record["minutes"],
        seed=record["seed"],
        documents=record["documents"],
        corpus=record["corpus_sha256"],
        tokenizer=record["tokenizer_sha256"],
        grams=record["forbidden_ngrams"],
        names=", ".join(record["forbidden_names"]),
        probes="\n".join(lines),
        held=sum(map(len, HELD_OUT.values())),
    )
    table = [f"| {s.name} | {' or '.join(s.licences)} | {s.attribution} | {s.used_for} |" for s in SOURCES]
    kinds = record["mixture"]["kinds"]
    shares = ", ".join(f"{name} {share / sum(kinds.values()):.0%}" for name, share in kinds.items())
    return intro + _LIMITS.format(sources="\n".join(table), kinds=shares)


def write_card(folder: Path) -> None:
    """Write `README.md` beside the record it is made from."""
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "README.md").write_text(render_card(record, config), encoding="utf-8")
