"""An engagement with data, plan and a finished model, written by hand: exports read records, not weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from advisor.engagement import codec, digests
from advisor.engagement.catalogue import find
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference
from advisor.engagement.records.examples import Example, Preference, Splits
from advisor.engagement.records.intake import Finding, Intake, Profile
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import Estimate, TrainingResult, TrainingSpec
from advisor.engagement.records.settings import Settings
from advisor.engagement.toml_out import to_toml
from trainers import exports
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making.gathering import gather

INSTRUCTION = "Sort the message:"
LABELS = ("card", "fee", "transfer")
FOLDER = "lora-12ab34cd"
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
PIECES = (
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "${HOME}",
        "`id`",
        "$(id)",
        '"""',
        '"',
        "'",
        "\\",
        "\n",
        "---",
        ": ",
        "# ",
        "&a",
        "*a",
    ),
    *(
        "!!x",
        "\u2028",
        "\x85",
        "\ufeff",
        "\xa0",
        "\t",
        "\r",
        "file:///etc/passwd",
        "```",
        "|",
        "FROM x",
        "😀",
        " ",
    ),
)
NASTY = st.one_of(TEXT, st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
"""Text with everything that means something to YAML, JSON, templates, shells or Modelfiles."""


def examples(count: int = 24, **changes: Any) -> list[Example]:
    """Rows whose label is named in their text."""
    found = []
    for number in range(count):
        label = LABELS[number % len(LABELS)]
        row = {"id": f"t{number}", "input": f"about my {label} {number}", "output": label, "label": label}
        found.append(Example(**(row | changes)))
    return found


def plan(model: str = "starter", **changes: Any) -> Plan:
    """A plan whose every number differs from its default."""
    training = TrainingSettings(epochs=2.5, learning_rate=3e-5, rank=12, batch_size=4, max_length=768)
    settings = {"arms": ["floor", "zero_shot", "lora"], "model": model, "instruction": INSTRUCTION}
    return Plan(**(settings | {"seeds": [7], "training": training} | changes))


def pairs(count: int = 12) -> list[Preference]:
    """Pairs, the last two held out."""
    return [
        Preference(
            id=f"p{number}",
            prompt=f"say {number}",
            chosen="gladly",
            rejected="no",
            meta={"split": "test" if number >= count - 2 else "train"},
        )
        for number in range(count)
    ]


def engagement(
    root: Path,
    *,
    rows: Sequence[Example] | None = None,
    agreed: Plan | None = None,
    preferences: Sequence[Preference] = (),
) -> Engagement:
    """Rows split by their number: of four, two to train, one to validate, one to test."""
    made = Engagement.create(root / "client", Settings(title="Acme `support`"))
    every = examples() if rows is None else list(rows)
    train = [row for number, row in enumerate(every) if number % 4 < 2]
    validation, test = every[2::4], every[3::4]
    codec.write_lines(made.examples_path, every)
    splits = Splits(
        train=[row.id for row in train],
        validation=[row.id for row in validation],
        test=[row.id for row in test],
        seed=0,
        how="by hand",
        digest=digests.of_records([*train, *validation, *test]),
    )
    codec.write_json(made.splits_path, splits)
    codec.write_json(made.profile_path, profile("classification" if every[0].label else "generation"))
    codec.write_text(made.plan_path, to_toml(agreed or plan()))
    if preferences:
        codec.write_lines(made.preferences_path, preferences)
    return made


def profile(task: Any) -> Profile:
    """The numbers that exports do not read are 1."""
    return Profile(
        task=task,
        rows={},
        input_words_mean=1,
        input_words_p95=1,
        output_words_mean=1,
        minimum_detectable=None,
    )


def train(made: Engagement, *, adapter: Mapping[str, Any] | None = None, **changes: Any) -> TrainingResult:
    """The records of a finished LoRA, or of a fully trained model where `adapter` is empty."""
    agreed = made.plan()
    spec = TrainingSpec(
        method="lora",
        weights="a" * 64,
        tokenizer="b" * 64,
        data="c" * 64,
        instruction=agreed.instruction,
        labels=list(LABELS),
        settings=agreed.training,
        seed=7,
        renderer=1,
        trainer=2,
    )
    measured = {
        "method": "lora", "model": agreed.model, "rows": 12, "rows_truncated": 1, "rows_dropped": 0,
        "tokens": 4321, "trained_tokens": 99, "trainable_parameters": 1000, "total_parameters": 34000,
        "steps": 8, "first_loss": 2.5, "last_loss": 0.25, "validation_loss": 0.375, "seconds": 61.0,
        "peak_memory_gib": 1.25, "quantised_layers": 0, "device": "cpu", "weights": "d" * 64,
    }  # fmt: skip
    result = TrainingResult(**(measured | changes))
    folder = made.root / "models" / FOLDER
    codec.write_json(folder / "spec.json", spec)
    config = {"r": 12, "lora_alpha": 24, "use_dora": False, "modules_to_save": None, "bias": "none"}
    if adapter is None or adapter:
        codec.write_json(folder / "weights" / "adapter_config.json", config | dict(adapter or {}))
    codec.write_json(folder / "result.json", result)
    return result


def compare(made: Engagement) -> Comparison:
    """Records of a comparison that holds the finished LoRA."""
    shared = {
        "seeds": [7], "failed": 0, "unparsed": 0, "cost_usd_per_1000": None, "p50_seconds": 0.1,
        "p95_seconds": 0.2, "train_seconds": None, "train_cost_usd": None, "peak_memory_gib": None,
        "validation": 0.5,
    }  # fmt: skip
    score = Estimate(value=0.8125, low=0.5625, high=0.9375, n=6)
    arms = [
        ArmSummary(name="zero_shot", title="Zero", metrics={"accuracy": score}, word="baseline", **shared),
        ArmSummary(
            name="lora", title="LoRA", metrics={"accuracy": score}, word="better", models=[FOLDER], **shared
        ),
    ]
    difference = Difference(
        metric="accuracy", a="zero_shot", b="lora", value=0.25, low=0.125, high=0.375, p=0.01,
        p_adjusted=0.01, n=6, discordant=3, fixed=3, broken=0, method="exact", minimum_detectable=0.1,
        word="better",
    )  # fmt: skip
    comparison = Comparison(
        metric="accuracy", baseline="zero_shot", arms=arms, differences=[difference], excluded=[],
        minimum_effect=0.05, margin=0.02, labels=list(LABELS), n_test=6, n_train=12, n_validation=5,
        plan_digest="e" * 64, deviations=[],
        provenance={"versions": {"torch": "2.13.0"}, "machine": {"device": "cpu", "cores": 2}},
    )  # fmt: skip
    codec.write_json(made.comparison_path, comparison)
    found = Finding(code="duplicate", message="3 rows repeat an earlier input.", count=3)
    intake = Intake(
        status="accepted_with_warnings", format="jsonl", task="classification", rows_in=24, rows_kept=24,
        warnings=[found], errors=[], profile=None,
    )  # fmt: skip
    codec.write_json(made.intake_path, intake)
    return comparison


def material(made: Engagement, name: str, *, arm: str = "", confined: str = "") -> Material:
    """What a target is given for this engagement."""
    out = made.root / "export" / name
    return gather(made, find(exports, Target, name), out=out, arm=arm, confined=confined)


def render(made: Engagement, name: str, *, arm: str = "", confined: str = "") -> Rendered:
    """What a target writes for this engagement."""
    return find(exports, Target, name).render(material(made, name, arm=arm, confined=confined))


def lines(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def parsed(text: str) -> Any:
    """YAML as other tools read it."""
    return yaml.safe_load(text)
