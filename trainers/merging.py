"""An adapter folded into its base: in fp32, saved, read back, and refused where it answers otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.runs import TrainingSpec
from trainers.language import loading
from trainers.language.prompting import task_messages
from trainers.language.rendering import prompt_ids
from trainers.language.resolving import TOKENIZER_FILES, files_digest, snapshot
from trainers.weights import answer_plainly

Precision = Literal["base", "fp32", "bf16"]
RECORD = "merged.json"
NEW_TOKENS = 16
WORST_FP32 = 1e-4
"""Relative logit error above which an fp32 merge is wrong: 1.4e-6 was measured, float noise of deep sums."""
PROBES = ("Hello.", "What is the price, and until when is it valid?", "Thank you, 3 of 5 arrived.")
"""Prompts where the caller brings none."""
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
TIED = ("lm_head", "embed_tokens", "wte", "embed_out")
"""Modules that share one matrix in models with tied embeddings."""


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What merging did: `merged.json` beside the merged weights."""

    schema: str = "merged/1"
    """Name and number of this record's form."""
    model: str
    """Base model as the plan names it."""
    adapter: str
    """sha256 of the adapter's files."""
    dtype: str
    """Precision of the saved weights: float32, bfloat16 or float16; the sums were made in float32."""
    dequantised: bool
    """Whether the base is the opened 4-bit base that the adapter was trained on."""
    untied: bool
    """Whether input and output embeddings, one matrix in the base, became two."""
    modules: int
    """Layers that the adapter changed."""
    least_change: float
    """Largest change of a weight, in the layer where it is smallest."""
    logit_error: float
    """|merged - adapter on base| / |adapter on base| over all logits of the prompts, as read back."""
    adapter_effect: float
    """|adapter on base - base| / |adapter on base|: the size of what was learnt, in the same unit."""
    prompts: int
    """Prompts compared."""
    same_answers: int
    """Of these, prompts with the same greedy tokens, at most 16 each."""

    def said(self) -> str:
        """One line for people."""
        return (
            f"merged {self.modules} layers into {self.dtype}: relative logit error {self.logit_error:.1e} "
            f"(what was learnt is {self.adapter_effect:.1e}), "
            f"{self.same_answers} of {self.prompts} greedy answers equal"
        )


def merge(
    folder: ModelFolder,
    model: str,
    target: Path,
    *,
    prompts: Sequence[str] = PROBES,
    precision: Precision = "base",
) -> Merged:
    """Merge the folder's adapter into `model` and save a whole model at `target`; done before, it is found.

    `precision` is that of the saved weights: the base's own, fp32 or bf16. An adapter trained on a 4-bit base
    goes into the opened 4-bit base: the original one would answer otherwise. Raises NotReady for a model
    that is not trained or has no adapter, RunFailed where a layer did not change or answers differ.
    """
    spec = _checked(folder)
    adapter = files_digest(folder.weights_path)
    dtype = _dtype(model, precision)
    found = _found(target, adapter, model, str(dtype).removeprefix("torch."))
    if found is not None:
        return found
    tokenizer = loading.load_tokenizer(model)
    asked = [prompt_ids(tokenizer, task_messages(spec.instruction, spec.labels, text)) for text in prompts]
    network, untied = _base(model, folder.weights_path, quantised=spec.method == "qlora")
    network = loading.attach(network, folder.weights_path).eval()
    wanted = _answers(network, tokenizer, asked)
    with network.disable_adapter():
        plain = _answers(network, tokenizer, asked, new_tokens=0)
    changes = _fold(network)
    staging = target.with_name(f"{target.name}.part")
    _write(network.unload(), staging, model, dtype, end=tokenizer.eos_token_id)
    del network
    again = loading.load_network(staging, full_precision=True).eval()
    got = _answers(again, tokenizer, asked)
    merged = Merged(
        model=model,
        adapter=adapter,
        dtype=str(dtype).removeprefix("torch."),
        dequantised=spec.method == "qlora",
        untied=untied,
        modules=len(changes),
        least_change=min(changes.values()),
        logit_error=_distance(wanted.logits, got.logits),
        adapter_effect=_distance(wanted.logits, plain.logits),
        prompts=len(asked),
        same_answers=sum(one == other for one, other in zip(wanted.tokens, got.tokens, strict=True)),
    )
    _refuse_other(merged, staging)
    codec.write_json(staging / RECORD, merged)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
    return merged


class _Answers(msgspec.Struct, frozen=True):
    """What a network says to the prompts."""

    logits: list[torch.Tensor]
    """[tokens, vocabulary] of each prompt, float32 on the CPU."""
    tokens: list[list[int]]
    """Greedy tokens after each prompt."""


def _checked(folder: ModelFolder) -> TrainingSpec:
    if folder.result() is None:
        raise NotReady(f"{folder.root}: training is not finished", fix="run `tunecase compare`")
    spec = codec.read_json(folder.spec_path, TrainingSpec)
    if spec.objective == "reward":
        raise PlanError(
            f"{folder.name}: a reward model gives numbers, not answers", fix="name a model that answers"
        )
    if not (folder.weights_path / "adapter_config.json").is_file():
        raise NotReady(
            f"{folder.weights_path} holds whole weights: there is nothing to merge", fix="use it as it is"
        )
    return spec


def _found(target: Path, adapter: str, model: str, dtype: str) -> Merged | None:
    """The record of an earlier merge, if it is of this adapter, base and precision."""
    if not (target / RECORD).is_file():
        return None
    known = codec.read_json(target / RECORD, Merged)
    return known if (known.adapter, known.model, known.dtype) == (adapter, model, dtype) else None


def _dtype(model: str, precision: Precision) -> torch.dtype:
    if precision in DTYPES:
        return DTYPES[precision]
    from transformers import AutoConfig

    known = AutoConfig.from_pretrained(snapshot(model)).get_text_config().dtype
    return known if isinstance(known, torch.dtype) else torch.float32


def _base(model: str, adapter: Path, *, quantised: bool) -> tuple[Any, bool]:
    """The base in fp32 as the adapter knew it; and whether shared embeddings had to be separated."""
    network = loading.load_network(snapshot(model), quantised=quantised, full_precision=not quantised)
    if quantised:
        network = loading.opened(network)
    network = network.float()
    config = network.config.get_text_config()
    if not config.tie_word_embeddings or not _touches_embeddings(adapter):
        return network, False
    # a change to one of two layers that share a matrix would change both
    head = network.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight.detach().clone())
    network.config.tie_word_embeddings = config.tie_word_embeddings = False
    network.all_tied_weights_keys = {}
    return network, True


def _touches_embeddings(adapter: Path) -> bool:
    from safetensors import safe_open

    with safe_open(adapter / "adapter_model.safetensors", framework="pt") as saved:
        return any(name in key.split(".") for key in saved.keys() for name in TIED)


def _fold(network: Any) -> dict[str, float]:
    """Add the adapter to the base's weights, layer by layer; the largest change of each layer.

    Raises RunFailed at a layer that stays as it was.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    changes = {}
    for name, layer in network.named_modules():
        if not isinstance(layer, BaseTunerLayer):
            continue
        before = layer.get_base_layer().weight.detach().clone()
        layer.merge(safe_merge=True)
        changes[name] = float((layer.get_base_layer().weight.detach() - before).abs().max())
        if changes[name] == 0:
            raise RunFailed(
                f"{name}: merging changed no weight",
                fix="the adapter is empty there: delete the model's folder and train again",
            )
    if not changes:
        raise RunFailed("the adapter found no layer in the base", fix="name the model it was trained on")
    return changes


def _write(network: Any, staging: Path, model: str, dtype: torch.dtype, *, end: int | None) -> None:
    """The whole model with the base's own tokenizer files, byte for byte."""
    shutil.rmtree(staging, ignore_errors=True)
    staging.parent.mkdir(parents=True, exist_ok=True)
    answer_plainly(network, end=end)
    network.to(dtype).save_pretrained(staging, safe_serialization=True)
    for name in TOKENIZER_FILES:
        if (snapshot(model) / name).is_file():
            shutil.copyfile(snapshot(model) / name, staging / name)


@torch.inference_mode()
def _answers(network: Any, tokenizer: Any, asked: Sequence[list[int]], new_tokens: int = NEW_TOKENS) -> Any:
    where = next(network.parameters()).device
    pad = loading.padding(tokenizer)
    logits, tokens = [], []
    for prompt in asked:
        ids = torch.tensor([prompt], device=where)
        logits.append(network(input_ids=ids).logits[0].float().cpu())
        if not new_tokens:
            continue
        out = network.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=new_tokens,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            no_repeat_ngram_size=0,
            pad_token_id=pad,
            eos_token_id=tokenizer.eos_token_id,
        )
        tokens.append(out[0, len(prompt) :].tolist())
    return _Answers(logits, tokens)


def _distance(wanted: Sequence[torch.Tensor], got: Sequence[torch.Tensor]) -> float:
    """Norm of the difference over the norm of what was wanted, all prompts together."""
    apart = sum(float((one - other).double().square().sum()) for one, other in zip(wanted, got, strict=True))
    return float((apart / sum(float(one.double().square().sum()) for one in wanted)) ** 0.5)


def _refuse_other(merged: Merged, staging: Path) -> None:
    """An fp32 merge must answer as the adapter does; rounding to 16 bits is told, not refused."""
    exact = merged.dtype == "float32"
    if exact and (merged.logit_error > WORST_FP32 or merged.same_answers < merged.prompts):
        shutil.rmtree(staging, ignore_errors=True)
        raise RunFailed(
            f"the merged model answers otherwise than the adapter on its base: {merged.said()}",
            fix="serve the adapter itself, and report this with the model's name",
        )
    # what 16 bits lose must stay below what was learnt, else nothing of it is left
    if not exact and merged.logit_error >= merged.adapter_effect:
        shutil.rmtree(staging, ignore_errors=True)
        raise RunFailed(
            f"rounding to {merged.dtype} loses as much as was learnt: {merged.said()}",
            fix="merge with precision fp32",
        )
