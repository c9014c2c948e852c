"""From an engagement's folder to what the targets are given; a target's needs are checked here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.costing.shapes import find_row
from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find, stems
from advisor.engagement.codec import suggestion
from advisor.engagement.errors import NotReady, PlanError, RecordError
from advisor.engagement.folder import Engagement, ModelFolder
from advisor.engagement.records.examples import Example, Message, Preference
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import TrainingResult, TrainingSpec
from trainers import methods
from trainers.exports._kind import Chat, Material, Target, Trained
from trainers.exports.making import retrieving
from trainers.language.prompting import as_asked
from trainers.language.resolving import resolve, snapshot
from trainers.methods._kind import Method

FOLDER_NAME = re.compile(r"\w[\w.-]*")
HELD_OUT = "test"
"""Value of a pair's `meta.split` that keeps it out of training."""


def gather(
    engagement: Engagement, target: Target, *, out: Path, arm: str = "", confined: str = ""
) -> Material:
    """Everything the target may write of; `out` is where its files will lie.

    Raises NotReady without a plan, without data or without a trained model, where the target needs them.
    """
    data = _data(engagement, needed="data" in target.needs)
    if "trained" in target.needs and not _finished(engagement):
        raise NotReady(f"{engagement.root}: nothing is trained yet", fix="run `tunecase compare`")
    plan = engagement.plan()
    trained = _trained(engagement, plan, arm, out) if "trained" in target.needs else None
    row = find_row(plan.model)
    base = _base(engagement, plan.model, out)
    return Material(
        title=engagement.settings().title,
        plan=plan,
        method=find(methods, Method, trained.spec.method) if trained else _method(engagement, plan, arm),
        base=base,
        base_is_folder=Path(resolve(plan.model)).is_dir(),
        shape=row.shape if row else None,
        engagement=place_of(engagement.root, out),
        prices=engagement.settings().prices,
        trained=trained,
        recommendation=engagement.recommendation(),
        intake=engagement.intake(),
        comparison=engagement.comparison(),
        confined=confined,
        **data,
    )


def place_of(path: Path, out: Path) -> str:
    """The path as seen from `out`, with forward slashes; absolute where no way leads there."""
    try:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _base(engagement: Engagement, model: str, out: Path) -> str:
    where = Path(resolve(model))
    if not where.is_dir():
        return resolve(model)
    inside = where.is_relative_to(engagement.root.resolve())
    return place_of(where, out) if inside else where.as_posix()


def _data(engagement: Engagement, *, needed: bool) -> dict[str, Any]:
    if not needed and not engagement.splits_path.exists():
        return {}
    examples, splits, profile = engagement.examples(), engagement.splits(), engagement.profile()
    ids = [*splits.train, *splits.validation, *splits.test]
    absent = [name for name in ids if name not in examples]
    if absent or digests.of_records([examples[name] for name in ids]) != splits.digest:
        raise NotReady(
            f"{engagement.examples_path}: rows changed after the splits were frozen",
            fix="run `tunecase check FILE` again",
        )
    rows = [examples[name] for name in ids]
    asked = {row.id: as_asked(engagement, row) for row in rows}
    pairs = engagement.preferences()
    task = profile.scored_as if profile else None
    return {
        "task": task or "",
        "labels": sorted({row.label for row in rows if row.label is not None}),
        "train": _of(asked, splits.train),
        "validation": _of(asked, splits.validation),
        "test": _of(asked, splits.test),
        "pairs": [pair for pair in pairs if not _is_held_out(pair)],
        "held_out_pairs": [pair for pair in pairs if _is_held_out(pair)],
    }


def _of(examples: dict[str, Example], names: Sequence[str]) -> list[Example]:
    return [examples[name] for name in names]


def _is_held_out(pair: Preference) -> bool:
    return pair.meta.get("split") == HELD_OUT


def _method(engagement: Engagement, plan: Plan, arm: str) -> Method:
    """The method asked for, else the advised one, else the plan's first, else LoRA."""
    known = stems(methods)
    if arm:
        return find(methods, Method, arm)
    advice = engagement.recommendation()
    advised = [advice.parameters] if advice is not None else []
    name = next((one for one in [*advised, *plan.arms] if one in known), "lora")
    return find(methods, Method, name)


def _trained(engagement: Engagement, plan: Plan, arm: str, out: Path) -> Trained:
    found = _finished(engagement)
    name = arm or _winner(engagement, list(found))
    if name not in found:
        raise PlanError(
            f"no trained model of the arm `{name}`.{suggestion(name, list(found))}",
            fix=f"trained: {', '.join(found)}; name one with --arm",
        )
    folder = found[name]
    result = folder.result()
    assert result is not None
    config = folder.weights_path / "adapter_config.json"
    passages, search = retrieving.measured(engagement, name)
    return Trained(
        arm=name,
        folder=folder.name,
        place=place_of(folder.weights_path, out),
        spec=codec.read_json(folder.spec_path, TrainingSpec),
        result=result,
        adapter=json.loads(codec.read_text(config)) if config.exists() else None,
        chat=_chat(plan.model),
        passages=passages,
        search=search,
    )


def _finished(engagement: Engagement) -> dict[str, ModelFolder]:
    """Finished models by arm: those of the comparison, first seed; before it, those under `models/`."""
    comparison = engagement.comparison()
    models = engagement.models_path
    if comparison is not None:
        named = {
            arm.name: ModelFolder(models / _inside(arm.models[0])) for arm in comparison.arms if arm.models
        }
        return {name: folder for name, folder in named.items() if folder.result_path.exists()}
    found: dict[str, ModelFolder] = {}
    for path in sorted(models.glob("*/result.json")):
        method = codec.read_json(path, TrainingResult).method
        found.setdefault(method, ModelFolder(path.parent))
    return found


def _inside(name: str) -> str:
    """The name of a folder under `models/`; a record that leads elsewhere is refused."""
    if FOLDER_NAME.fullmatch(name) is None:
        raise RecordError(
            f"runs/comparison.json: {name!r} is no folder of `models/`",
            fix="delete that file and run `tunecase compare` again",
        )
    return name


def _winner(engagement: Engagement, trained: Sequence[str]) -> str:
    """The verdict's winner where it was trained, or the only trained arm."""
    verdict = engagement.verdict()
    if verdict is not None and verdict.winner is not None and verdict.winner in trained:
        return verdict.winner
    if len(trained) == 1:
        return trained[0]
    won = f"the winner, {verdict.winner}, was not trained" if verdict and verdict.winner else "no arm has won"
    raise PlanError(f"{won}; trained: {', '.join(trained)}", fix=f"name one, such as --arm {trained[0]}")


def _chat(model: str) -> Chat:
    """The base's own template, applied by the base's own tokenizer."""
    from trainers.language.loading import load_tokenizer

    tokenizer = load_tokenizer(model)
    config = json.loads(codec.read_text(snapshot(model) / "tokenizer_config.json"))

    def say(messages: Sequence[Message], begin_answer: bool) -> str:
        plain = [{"role": one.role, "content": one.content} for one in messages]
        text = tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=begin_answer)
        return str(text)

    return Chat(
        template=str(tokenizer.chat_template or ""),
        say=say,
        start=str(tokenizer.bos_token or ""),
        end=str(tokenizer.eos_token or ""),
        adds_start=bool(config.get("add_bos_token", True)),
    )
