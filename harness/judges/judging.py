"""The judge over a whole comparison: what is not yet judged is asked, and every output gets its score.

Resumable: judgements are lines that are written as they come, named by the texts they are about, so that
equal answers of several arms, or of a later comparison, are judged once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from advisor.engagement import codec, digests
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.progress import OnProgress
from advisor.engagement.records.judged import JudgedScores, Judgement, JudgeResult, JudgeSpec
from advisor.engagement.records.plan import Plan
from harness.arms._kind import ArmData
from harness.judges import asking, pairs
from harness.judges.pairs import Outputs, Question, sha
from harness.judges.telling import counted
from harness.judges.wording import check, decided, template_digest

Key = tuple[str, str, str, str]


def judge_spec(plan: Plan) -> JudgeSpec:
    """What names the judge of a plan."""
    settings = plan.judge
    assert settings is not None
    here = not settings.base_url
    if here:
        from trainers.language.resolving import tokenizer_digest, weights_digest
    return JudgeSpec(
        model=settings.model,
        base_url=settings.base_url,
        weights=weights_digest(settings.model) if here else None,
        tokenizer=tokenizer_digest(settings.model) if here else None,
        quantised=settings.quantised if here else False,
        template=template_digest(),
        instruction=plan.instruction,
        criteria=settings.criteria,
        max_new_tokens=0 if here else settings.max_new_tokens,
        against=settings.against,
    )


def folder_of(engagement: Engagement, spec: JudgeSpec) -> Path:
    """Where what one judge said belongs."""
    return engagement.root / "runs" / "judges" / digests.short(spec)


def refuse(plan: Plan, task: str) -> None:
    """Refuse a judge that cannot be, before anything runs."""
    if plan.judge is not None:
        check(plan.judge)
        pairs.check(plan, task)


def scores_on_file(engagement: Engagement, plan: Plan) -> dict[tuple[str, str], float] | None:
    """By example and sha256 of the output, as the last comparison left them; None without a judge."""
    if plan.judge is None:
        return None
    path = folder_of(engagement, judge_spec(plan)) / "scores.json"
    if not path.is_file():
        return {}
    stored = codec.read_json(path, JudgedScores).scores
    return {(id, output): score for id, by_output in stored.items() for output, score in by_output.items()}


def judge_outputs(
    engagement: Engagement, plan: Plan, data: ArmData, runs: Sequence[RunFolder], *, on_progress: OnProgress
) -> JudgeResult | None:
    """Judge what the runs wrote, and write the scores; None where the plan has no judge."""
    if plan.judge is None:
        return None
    spec = judge_spec(plan)
    folder = folder_of(engagement, spec)
    folder.mkdir(parents=True, exist_ok=True)
    codec.write_json(folder / "spec.json", spec)
    outputs = pairs.of_outputs(plan, data, runs)
    differing = [one for one in outputs.compared if one.pair.output.strip() != one.pair.other.strip()]
    questions = [*differing, *pairs.of_people(engagement)]
    if plan.judge.base_url:
        questions += pairs.once_more(differing, plan.judge.repeats)
    known = _answered(plan, folder / "judgements.jsonl", questions, on_progress)
    scores = _scores(outputs, known)
    codec.write_json(folder / "scores.json", JudgedScores(scores=scores))
    result = counted(plan, outputs.compared, questions, known)
    codec.write_json(folder / "result.json", result)
    return result


def _answered(
    plan: Plan, path: Path, questions: Sequence[Question], on_progress: OnProgress
) -> dict[Key, Judgement]:
    """Judgements by key, those on disk and those asked for now."""
    known = {_key(one): one for one in codec.kept_lines(path, Judgement)}
    missing = [one for one in questions if one.key not in known]
    if not missing:
        return known
    with path.open("ab") as out:
        for one in _asked(plan, missing, list(known.values()), on_progress):
            out.write(codec.encode(one) + b"\n")
            out.flush()
            known[_key(one)] = one
    return known


def _asked(
    plan: Plan, questions: Sequence[Question], known: Sequence[Judgement], on_progress: OnProgress
) -> Iterator[Judgement]:
    settings = plan.judge
    assert settings is not None
    if not settings.base_url:
        return asking.ask_here(settings, plan.instruction, questions, on_progress=on_progress)
    purse = asking.purse(settings, known)
    return asking.ask_server(settings, plan.instruction, questions, purse=purse, on_progress=on_progress)


def _key(one: Judgement) -> Key:
    return one.kind, one.id, one.output, one.other


def _scores(outputs: Outputs, known: Mapping[Key, Judgement]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for id, output, score in outputs.settled:
        found.setdefault(id, {})[sha(output)] = score
    for one in outputs.compared:
        judgement = known.get(one.key)
        if one.pair.output.strip() == one.pair.other.strip():
            score = 0.5
        elif judgement is None:
            continue
        else:
            score, _ = decided(judgement.first, judgement.second)
        found.setdefault(one.id, {})[sha(one.pair.output)] = score
    return found
