"""Whole engagements for the comparison report, one for each thing that can come of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.automation import Automation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Limits, Verdict
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import StepLoss
from advisor.engagement.records.settings import Currency, Settings
from harness.constraints import money_of
from tests.reports import engagements as made
from tests.reports.measurements import (
    SEEDS,
    automation,
    curve,
    forgetting,
    retrieval,
    run_result,
    score,
    trained,
)

SEED_SCORES = [0.6583, 0.675, 0.6917]
LABELS = made.LABELS
HOSTILE = (
    '</title></style></svg><script>document.title="owned"</script><img src=x onerror="alert(1)">'
    "<style>*{display:none}</style>\\3c script\\3e {{ 7*7 }} {% raw %} \u202eevil\u2066 \x07"
)
LONG = HOSTILE + "W" * 400 + "\u554f" * 60


def arms() -> list[ArmSummary]:
    """Seven options, of which LoRA scores highest among those that win."""
    measured = [
        made.arm("floor", "Most frequent answer", 0.3417, cost_usd_per_1000=0.0004, word="worse"),
        made.arm("classical", "TF-IDF with logistic regression", 0.55, cost_usd_per_1000=0.0011),
        made.arm("zero_shot", "Prompting without examples", 0.4083, cost_usd_per_1000=0.21),
        made.arm("few_shot", "Prompting with examples", 0.4, cost_usd_per_1000=0.65, word="not worse"),
        made.arm("rag", "Retrieval (RAG)", 0.5417, cost_usd_per_1000=0.83, retrieval=retrieval(0.86)),
        made.arm("lora", "LoRA fine-tuning", 0.675, cost_usd_per_1000=0.16, train_cost_usd=4.3),
        made.arm(
            "lora_rag",
            "LoRA fine-tuning with retrieval (RAG)",
            0.7,
            cost_usd_per_1000=0.91,
            train_cost_usd=5.1,
            train_seconds=44.0,
            retrieval=retrieval(0.91),
        ),
    ]
    return [
        made.changed(arm, **_runs(arm.name)) if arm.name in ("lora", "lora_rag", "zero_shot") else arm
        for arm in measured
    ]


def _runs(name: str) -> dict[str, Any]:
    """Three seeds, each with its run and, where it was trained, its model."""
    runs = [f"{name}-{seed:04}" for seed in SEEDS]
    return {"seeds": SEEDS, "runs": runs, "models": runs if name.startswith("lora") else []}


def measured(**changes: Any) -> Comparison:
    """All of them under the client's limits."""
    fields: dict[str, Any] = {
        "arms": arms(),
        "differences": [
            made.difference("floor", -0.0666, word="worse", p_adjusted=0.031),
            made.difference("classical", 0.1417),
            made.difference("few_shot", -0.0083, word="not worse", p_adjusted=1.0, low=-0.019, high=0.01),
            made.difference("rag", 0.1334),
            made.difference("lora", 0.2667),
            made.difference("lora_rag", 0.2917),
        ],
        "forgetting": [
            forgetting("lora", 0, lost=["capital-of-peru", "sum-of-three"], gained=["two-words"]),
            forgetting("lora", 1, lost=["capital-of-peru"], gained=[]),
            forgetting("lora_rag", 0, lost=[f"json-{n}" for n in range(9)], gained=[]),
        ],
        "limits": Limits(
            seconds=2.0,
            may_leave=False,
            elsewhere=["few_shot"],
            requests_per_month=40_000.0,
            budget_usd=25_000.0,
        ),
        "aside": [
            {"name": "few_shot", "why": "machines of others answer it"},
            {"name": "lora_rag", "why": "5 of 100 outputs took longer than 2.4 s, and one may take 2 s"},
        ],
    }
    return made.comparison(**(fields | changes))


def write_runs(engagement: Engagement, comparison: Comparison) -> None:
    """Results of runs and trainings, steps, and what the two best-known options said."""
    for arm in comparison.arms:
        for seed, run in zip(arm.seeds, arm.runs, strict=True):
            value = SEED_SCORES[seed] if arm.name.startswith("lora") else 0.4083
            codec.write_json(engagement.run(run).result_path, run_result(arm.name, seed, value))
        for seed, model in zip(arm.seeds, arm.models, strict=False):
            folder = engagement.models_path / model
            codec.write_json(folder / "result.json", trained(seed))
            steps = [
                StepLoss(step=step, loss=2.31 * 0.98**step + 0.02 * (step % 5)) for step in range(1, 121)
            ]
            codec.write_lines(folder / "steps.jsonl", steps)


def everything(root: Path, found: Comparison | None = None, **verdict: Any) -> Engagement:
    """Every section of the report."""
    comparison = found or measured()
    said: Verdict = made.verdict(**verdict)
    winner = next((arm for arm in comparison.arms if arm.name == said.winner), None)
    engagement = made.compared(
        root, comparison, made.changed(said, money=money_of(comparison, winner)) if winner else said
    )
    write_runs(engagement, comparison)
    rows = list(engagement.examples().values())
    answers = {
        "zero_shot": lambda n: LABELS[(n * n) % 3],
        "lora": lambda n: LABELS[(n if n % 5 else n + 1) % 3],
    }
    for name, answer in answers.items():
        made.write_predictions(engagement, name, [(row, answer(n)) for n, row in enumerate(rows)])
    automated = [automation("zero_shot", 0, [0.2, 0.1, 0.0, 0.0, 0.0])]
    automated += [automation("lora", seed, [0.9, 0.75, 0.6, 0.4, 0.2]) for seed in SEEDS]
    codec.write_json(engagement.automation_path, Automation(arms=automated))
    codec.write_json(engagement.curve_path, curve())
    return engagement


def tiny(root: Path) -> Engagement:
    """Six held-out items, two options, nothing decided."""
    two = [made.arm("floor", "Most frequent answer", 0.5), made.arm("zero_shot", "Prompting", 0.6667)]
    wide = [
        made.changed(arm, metrics={"accuracy": score(v, 0.33, n=6)})
        for arm, v in zip(two, (0.5, 0.67), strict=True)
    ]
    gap = made.difference(
        "floor", -0.1667, low=-0.6, high=0.35, n=6, p_adjusted=1.0, word="not shown to differ"
    )
    comparison = made.comparison(arms=wide, differences=[gap], n_test=6, n_train=4, n_validation=2)
    return made.compared(root, comparison, _undecided(needed_n=None))


def inconclusive(root: Path) -> Engagement:
    """No winner; more items would settle it."""
    open_ = [
        made.difference(arm.name, 0.03, low=-0.05, high=0.11, word="not shown to differ", p_adjusted=0.41)
        for arm in arms()
        if arm.name != "zero_shot"
    ]
    level = [made.changed(arm, word="not shown to differ") for arm in arms()]
    engagement = everything(root, measured(arms=level, differences=open_), **_changes(needed_n=1450))
    codec.write_json(engagement.curve_path, curve(None))
    codec.write_json(engagement.automation_path, Automation(arms=[automation("lora", 0, [0.0] * 5)]))
    return engagement


def overturned(root: Path) -> Engagement:
    """Retrieval wins although fine-tuning was advised."""
    engagement = everything(
        root,
        decision="overturned",
        winner="rag",
        winner_approach="rag",
        sentence="Retrieval (RAG) classifies 54.2 of 100 inputs right",
    )
    codec.write_json(engagement.curve_path, curve(0.95))
    return engagement


def failed_arm(root: Path) -> Engagement:
    """Full fine-tuning lost too many requests to be ranked."""
    failed = made.arm("full", "Full fine-tuning", 0.62, word="not ranked", failed=9, cost_usd_per_1000=None)
    excluded = [{"name": "full", "why": "9 of 120 requests failed (7.5%)"}]
    return everything(root, measured(arms=[*arms(), failed], excluded=excluded))


def missing_arm(root: Path) -> Engagement:
    """An option without any number, and runs whose folders were not brought along."""
    absent = made.arm(
        "full",
        "Full fine-tuning",
        None,
        word="not ranked",
        metrics={},
        runs=["full-gone"],
        models=["full-gone"],
        cost_usd_per_1000=None,
        p50_seconds=None,
        p95_seconds=None,
        peak_memory_gib=None,
    )
    comparison = measured(arms=[*arms(), absent], excluded=[{"name": "full", "why": "it did not run"}])
    return made.compared(root, comparison)


def german(root: Path) -> Engagement:
    """A client in Germany: euros, German numbers, long words, umlauts."""
    labels = ["Abschlagszahlung", "Zählerstandsübermittlung", "Straßenbeleuchtungsstörung"]
    engagement = everything(root, measured(labels=labels))
    euro = Currency(code="EUR", per_usd=0.92, date="2026-11-02", source="ECB")
    settings = Settings(
        title="Auskunft der Stadtwerke",
        client="Stadtwerke Köln",
        currency="EUR",
        locale="de",
        exchange=euro,
    )
    engagement.settings_path.unlink()
    from advisor.engagement.toml_out import to_toml

    codec.write_text(engagement.settings_path, to_toml(settings))
    codec.write_json(engagement.recommendation_path, made.advice(settings, requests_per_month=40_000))
    rows = [Example(id=f"e{number}", input="Frage", output=labels[number % 3]) for number in range(made.N)]
    made.write_rows(engagement, rows)
    made.write_predictions(engagement, "zero_shot", [(row, labels[0]) for row in rows])
    made.write_predictions(engagement, "lora", [(row, row.output) for row in rows])
    return engagement


def hostile(root: Path) -> Engagement:
    """Every text that a client, a model or a file name can bring is hostile and long."""
    strange = [
        made.changed(arm, title=f"{arm.title} {LONG}", choices={LONG: LONG}, prompt=LONG) for arm in arms()
    ]
    labels = [LONG, HOSTILE, *LABELS]
    per_class = {label: {"support": 9.0, "precision": 0.5, "recall": 0.5, "f1": 0.5} for label in labels}
    strange = [made.changed(arm, per_class=per_class) for arm in strange]
    forgot = [forgetting("lora", 0, lost=[LONG] * 9, gained=[LONG])]
    comparison = measured(
        arms=strange,
        labels=labels,
        forgetting=forgot,
        aside=[{"name": "few_shot", "why": LONG}],
        excluded=[{"name": LONG, "why": LONG}],
        deviations=[LONG],
    )
    engagement = everything(root, comparison, sentence=LONG, because=LONG, caveats=[LONG], next_step=LONG)
    codec.write_json(engagement.curve_path, curve(notes=[LONG]))
    rows = [
        Example(id=f"{HOSTILE}{number}", input=LONG, output=labels[number % 2]) for number in range(made.N)
    ]
    made.write_rows(engagement, rows)
    made.write_predictions(engagement, "zero_shot", [(row, "A" * 200_000) for row in rows[:3]])
    made.write_predictions(engagement, "lora", [(row, row.output) for row in rows])
    return engagement


def _changes(needed_n: int | None) -> dict[str, Any]:
    return {
        "decision": "inconclusive",
        "winner": None,
        "winner_approach": None,
        "needed_n": needed_n,
        "sentence": "No option is shown to be worth more than the best prompting option",
    }


def _undecided(needed_n: int | None) -> Verdict:
    return made.verdict(**_changes(needed_n))


GOLDEN: dict[str, Callable[[Path], Engagement]] = {
    "everything": everything,
    "tiny": tiny,
    "inconclusive": inconclusive,
    "overturned": overturned,
    "failed arm": failed_arm,
    "missing arm": missing_arm,
    "german": german,
    "hostile": hostile,
}
