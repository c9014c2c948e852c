"""The canaries put to one model, resumably, and two models' answers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.engagement import codec, digests
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.examples import Message
from advisor.engagement.records.forgetting import CanaryAnswer, CanarySpec, Forgetting, Kept, Word
from harness.forgetting.checks import CHECKS_VERSION, passes
from harness.forgetting.pack import LONGEST, Canary, pack
from harness.statistics.paired_binary import PairedCounts, exact_mcnemar, interval

if TYPE_CHECKING:
    from trainers.language.loading import Language

GROUP = 18
"""Canaries of one batch; a batch that was cut by a kill is asked again whole."""
FEWEST = 6
"""Passed by the base: with fewer, exact McNemar cannot reach 0.05 although all are lost."""
ALPHA = 0.05


def canary_spec(*, weights: str, tokenizer: str, adapter: str | None, quantised: bool) -> CanarySpec:
    """What names the answers of one model."""
    from harness.models.generating import GENERATOR_VERSION
    from trainers.language.rendering import RENDERER_VERSION

    return CanarySpec(
        weights=weights,
        tokenizer=tokenizer,
        adapter=adapter,
        quantised=quantised,
        pack=digests.of_records(pack()),
        renderer=RENDERER_VERSION,
        checks=CHECKS_VERSION,
        generator=GENERATOR_VERSION,
    )


def ask(
    spec: CanarySpec,
    folder: Path,
    *,
    model: str,
    adapter: Path | None,
    on_progress: OnProgress,
    said: str = "base model",
) -> dict[str, CanaryAnswer]:
    """Every answer of one model by canary; those on disk are not asked for again. `said` names the model."""
    path = folder / "answers.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    codec.write_json(folder / "spec.json", spec)
    known = {one.id: one for one in codec.kept_lines(path, CanaryAnswer)}
    canaries = pack()
    if all(one.id in known for one in canaries):
        return known
    from trainers.language.loading import load_language

    language = load_language(model, quantised=spec.quantised, adapter=adapter, held=True)
    for start in range(0, len(canaries), GROUP):
        group = canaries[start : start + GROUP]
        if any(one.id not in known for one in group):
            found = _answers(language, group)
            with path.open("ab") as out:
                out.write(b"".join(codec.encode(one) + b"\n" for one in found if one.id not in known))
            known |= {one.id: one for one in found if one.id not in known}
        on_progress(Progress(f"{said}: general tasks", min(start + GROUP, len(canaries)), len(canaries)))
    return known


def _answers(language: Language, group: Sequence[Canary]) -> list[CanaryAnswer]:
    from harness.models.generating import generate
    from trainers.language.rendering import prompt_ids

    prompts = [
        prompt_ids(language.tokenizer, [Message(role="user", content=canary.prompt)]) for canary in group
    ]
    made = generate(language.network, language.tokenizer, prompts, max_new_tokens=LONGEST)
    return [
        CanaryAnswer(id=canary.id, output=one.text, passed=passes(canary.check, one.text, canary.wanted))
        for canary, one in zip(group, made, strict=True)
    ]


def beside(
    arm: str, seed: int, before: Mapping[str, CanaryAnswer], after: Mapping[str, CanaryAnswer]
) -> Forgetting:
    """What the trained model lost and gained against its base."""
    canaries = pack()
    lost = [one.id for one in canaries if before[one.id].passed and not after[one.id].passed]
    gained = [one.id for one in canaries if after[one.id].passed and not before[one.id].passed]
    counts = PairedCounts(len(gained), len(lost), len(canaries))
    low, high = interval(counts)
    p = exact_mcnemar(counts)
    kinds = []
    for kind in dict.fromkeys(one.kind for one in canaries):
        ids = [one.id for one in canaries if one.kind == kind]
        kinds.append(
            Kept(
                kind=kind,
                n=len(ids),
                before=sum(before[id].passed for id in ids),
                after=sum(after[id].passed for id in ids),
            )
        )
    once, now = sum(kept.before for kept in kinds), sum(kept.after for kept in kinds)
    word = word_for(once, now, p=p)
    return Forgetting(
        arm=arm,
        seed=seed,
        n=len(canaries),
        before=once,
        after=now,
        lost=lost,
        gained=gained,
        low=low,
        high=high,
        p=p,
        kinds=kinds,
        word=word,
        sentence=sentence(arm, word, kinds, (low, high)),
    )


def word_for(before: int, after: int, *, p: float) -> Word:
    """The three words of `Forgetting.word`."""
    if before < FEWEST:
        return "cannot be told"
    return "forgets" if after < before and p < ALPHA else "not shown to forget"


def sentence(arm: str, word: Word, kinds: Sequence[Kept], ends: tuple[float, float]) -> str:
    """One sentence made of the counts."""
    n, before, after = (sum(getattr(kept, name) for kept in kinds) for name in ("n", "before", "after"))
    if word == "cannot be told":
        return (
            f"{arm}: the base model does {before} of {n} general tasks, too few to tell whether training "
            "costs any."
        )
    span = f"{100 * ends[0]:+.0f} to {100 * ends[1]:+.0f} points"
    counted = f"{after} of {n} general tasks against {before} before training ({span})"
    if word == "not shown to forget":
        return f"{arm}: {counted}; no forgetting is shown, and a loss beyond that span is unlikely."
    worse = [f"{kept.kind} {kept.before} to {kept.after} of {kept.n}" for kept in kinds if _fell(kept)]
    return f"{arm} forgets: {counted}. Fewer are done in {', '.join(worse)}."


def _fell(kept: Kept) -> bool:
    return kept.after < kept.before
