"""Records of what a comparison measures beside scores, small and with every field filled."""

from __future__ import annotations

from typing import Any

from advisor.engagement.records.automation import ArmAutomation, Automated, Bin, Calibrated
from advisor.engagement.records.curve import Ahead, CurvePoint, LearningCurve, PowerLaw
from advisor.engagement.records.forgetting import Forgetting, Kept
from advisor.engagement.records.runs import Estimate, Evaluation, Retrieval, RunResult, TrainingResult
from tests.reports import engagements as made

SEEDS = [0, 1, 2]
LAW = PowerLaw(floor=0.18, scale=2.4, exponent=0.45)


def score(value: float, reach: float = 0.05, n: int = made.N) -> Estimate:
    """A number with an interval around it."""
    return Estimate(value=value, low=max(0.0, value - reach), high=min(1.0, value + reach), n=n)


def retrieval(best: float) -> Retrieval:
    """Every measure of a search that finds so much among the first ten."""
    shares = {1: 0.6, 3: 0.8, 5: 0.92, 10: 1.0}
    found = {f"recall@{k}": score(best * share, n=97) for k, share in shares.items()}
    found |= {f"hit@{k}": score(min(1.0, best * share + 0.03), n=97) for k, share in shares.items()}
    found |= {"ndcg@10": score(0.8 * best, n=97), "mrr": score(0.75 * best, n=97)}
    cited = {"precision": score(0.71, n=80), "recall": score(0.66, n=97)}
    return Retrieval(found=found, cited=cited, abstained=score(0.04, n=120))


def forgetting(arm: str, seed: int, *, lost: list[str], gained: list[str]) -> Forgetting:
    """54 general tasks of which the base does 40."""
    after = 40 - len(lost) + len(gained)
    change = (after - 40) / 54
    forgets = len(lost) - len(gained) > 5
    return Forgetting(
        arm=arm,
        seed=seed,
        n=54,
        before=40,
        after=after,
        lost=lost,
        gained=gained,
        low=change - 0.08,
        high=change + 0.06,
        p=0.0039 if forgets else 0.75,
        kinds=[
            Kept(kind="json", n=10, before=9, after=9 - len(lost) + len(gained)),
            Kept(kind="refusal", n=8, before=8, after=8),
        ],
        word="forgets" if forgets else "not shown to forget",
        sentence="",
    )


def automation(arm: str, seed: int, shares: list[float]) -> ArmAutomation:
    """Shares answered alone by required precision; the two highest are not shown."""
    points = []
    for required, share in zip((0.8, 0.9, 0.95, 0.98, 0.99), shares, strict=True):
        kept = round(share * made.N)
        holds = kept > 0 and required <= 0.95
        right = round(kept * min(1.0, required + 0.03))
        points.append(
            Automated(
                required=required,
                threshold=required - 0.1 if kept else None,
                automated=kept,
                right=right,
                n=made.N,
                share=kept / made.N,
                share_low=max(0.0, kept / made.N - 0.08),
                share_high=min(1.0, kept / made.N + 0.09),
                precision=right / kept if kept else None,
                precision_low=(required + 0.004 if holds else required - 0.05) if kept else None,
                holds=holds,
            )
        )
    bins = [
        Bin(
            low=place / 10,
            high=place / 10 + 0.1,
            n=0 if place < 3 else 17,
            confidence=None if place < 3 else place / 10 + 0.05,
            right=None if place < 3 else place / 10 - 0.08,
        )
        for place in range(10)
    ]
    after = [
        made.changed(one, right=None if one.confidence is None else one.confidence - 0.01) for one in bins
    ]
    calibrated = Calibrated(temperature=1.62, brier=0.412, brier_after=0.377, bins=bins, bins_after=after)
    return ArmAutomation(
        arm=arm,
        seed=seed,
        run=f"{arm}-{seed:04}",
        n_validation=60,
        n_test=made.N,
        points=points,
        calibration=calibrated,
    )


def curve(target: float | None = 0.75, **changes: Any) -> LearningCurve:
    """LoRA on 38, 75, 150 and 300 rows, followed to 600."""

    def law(rows: float) -> float:
        return 1 - LAW.floor - LAW.scale * rows**-LAW.exponent

    seen = [
        CurvePoint(
            rows=rows,
            seeds=SEEDS,
            score=score(law(rows)),
            by_seed=[law(rows) - 0.02, law(rows), law(rows) + 0.02],
            runs=[],
        )
        for rows in (38, 75, 150, 300)
    ]
    ahead = [
        Ahead(
            rows=rows,
            value=law(rows),
            low=law(rows) - 0.02 - (rows - 300) / 9000,
            high=law(rows) + 0.02 + (rows - 300) / 9000,
        )
        for rows in range(300, 601, 15)
    ]
    needed = next((one.rows for one in ahead if target is not None and one.value >= target), None)
    fields: dict[str, Any] = {
        "arm": "lora",
        "metric": "accuracy",
        "points": seen,
        "law": LAW,
        "ahead": ahead,
        "target": target,
        "needed": needed,
        "needed_low": needed and needed - 60,
        "needed_high": None,
        "answer": "",
        "notes": ["Measured by accuracy on the test split; no choice was made by it."],
    }
    return LearningCurve(**(fields | changes))


def trained(seed: int) -> TrainingResult:
    """120 steps whose validation loss is lowest at step 72."""
    looks = [(24, 1.31), (48, 0.92), (72, 0.81), (96, 0.86), (120, 0.95)]
    return TrainingResult(
        method="lora",
        model="starter",
        rows=300,
        rows_truncated=0,
        rows_dropped=0,
        tokens=42_000,
        trained_tokens=900,
        trainable_parameters=98_304,
        total_parameters=5_242_880,
        steps=120,
        first_loss=2.31,
        last_loss=0.21,
        validation_loss=0.81,
        seconds=31.4 + seed,
        peak_memory_gib=0.93,
        quantised_layers=0,
        device="cpu",
        weights="00",
        evaluations=[Evaluation(step=step, loss=loss) for step, loss in looks],
        best_step=72,
    )


def run_result(name: str, seed: int, value: float) -> RunResult:
    """One run with its score."""
    return RunResult(
        arm=name,
        title=name,
        seed=seed,
        model="starter",
        training=None,
        metrics={"accuracy": score(value)},
        validation={},
        failed=0,
        unparsed=0,
        p50_seconds=0.0042,
        p95_seconds=0.0099,
        tokens_in=2400,
        tokens_out=240,
        peak_memory_gib=0.9,
        seconds=0.9 + 0.05 * seed,
    )
