"""`tunecase plan`: the dry run of `compare`, and the agreed decision rule in a file that people edit."""

from __future__ import annotations

from collections.abc import Iterable

import click
import msgspec

from advisor.cli.forecast import draw, forecast
from advisor.cli.session import Session, session_options
from advisor.engagement import codec
from advisor.engagement.catalogue import find, stems
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.forecast import Forecast
from advisor.engagement.records.plan import Plan, SearchSettings, TrainingSettings
from advisor.engagement.toml_out import to_toml
from advisor.questionnaire.reading import read_answers


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """What flags say instead of the plan; None says nothing."""

    arms: list[str] | None = None
    """Arms to run."""
    model: str | None = None
    """Base model."""
    limit: int | None = None
    """Rows of each split at most."""
    metric: str | None = None
    """Primary metric."""
    minimum_effect: float | None = None
    """Smallest difference worth paying for."""
    seeds: list[int] | None = None
    """Seeds of the trained arms."""
    search: SearchSettings | None = None
    """Seek better settings first."""
    begin_with: str | None = None
    """Earlier training to go on from."""
    keep_4bit: bool | None = None
    """Hold the base of qlora in 4-bit during training too."""


@click.command()
@click.option("--arms", metavar="A,B,C", help="Arms to run  [default: those that test the advice]")
@click.option("--model", metavar="ID_OR_PATH", help="Hub id, local folder, or starter")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N rows of each split")
@click.option("--yes", is_flag=True, help="Replace an existing plan.toml")
@session_options
def command(session: Session, arms: str | None, model: str | None, limit: int | None, yes: bool) -> None:
    """Show what compare would run, and what it would take.

    Writes plan.toml where there is none; edit it to change the agreement.

    \b
    Examples:
      tunecase plan
      tunecase plan --model Qwen/Qwen3-0.6B --arms zero_shot,few_shot,lora --yes
    """
    engagement = session.engagement()
    overrides = Overrides(arms=split_names(arms), model=model, limit=limit)
    if overrides != Overrides() and engagement.plan_path.exists() and not yes:
        raise NotReady(f"{engagement.plan_path} exists", fix="edit it, or pass --yes to replace it")
    plan = ensure_plan(session, engagement, overrides)
    expected = forecast(engagement, plan)
    show(session, engagement, plan, expected)


def show(session: Session, engagement: Engagement, plan: Plan, expected: Forecast) -> None:
    """Plan and forecast, for people or as JSON."""
    if session.as_json:
        said = {"plan": msgspec.to_builtins(plan), **msgspec.to_builtins(expected)}
        session.emit(said | {"upkeep": retraining(engagement, plan) or None})
    else:
        _say_why(session, engagement, plan)
        draw(session, plan, expected)
        if upkeep := retraining(engagement, plan):
            session.say(f"a trained arm that ships: {upkeep}")
        session.say(f"plan: {engagement.plan_path}; next: tunecase compare")


def retraining(engagement: Engagement, plan: Plan) -> str:
    """How often a trained arm will have to be trained again; empty without such an arm, or an answer."""
    from harness import arms
    from harness.arms._kind import Arm
    from trainers.defaults import retrain_every

    trained = any(find(arms, Arm, name).method for name in plan.arms)
    if not trained or not engagement.answers_path.exists():
        return ""
    changes = read_answers(engagement.answers_path).value("knowledge_changes")
    return "" if changes is None else retrain_every(str(changes))


def _say_why(session: Session, engagement: Engagement, plan: Plan) -> None:
    """Why the primary metric is what it is, where the outputs chose it and nobody else."""
    from advisor.advice.primary import primary_metric

    profile = engagement.profile()
    if profile is None or engagement.settings().metric:
        return
    choice = primary_metric(profile)
    if choice.name == plan.metric:
        session.say(f"metric {choice.name}: {choice.why}")


def split_names(text: str | None) -> list[str] | None:
    """`a,b,c` as a list without doubles."""
    if text is None:
        return None
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def ensure_plan(session: Session, engagement: Engagement, overrides: Overrides) -> Plan:
    """The plan on disk with the flags' say, written back where it changed."""
    from advisor.advice.planning import gaps

    if engagement.plan_path.exists():
        plan = _overridden(engagement.plan(), overrides)
    else:
        plan = _overridden(_first_plan(session, engagement, overrides), overrides)
    plan = _pinned(plan)
    check_plan(plan)
    if not engagement.plan_path.exists() or plan != engagement.plan():
        codec.write_text(engagement.plan_path, to_toml(plan))
        session.detail(f"wrote {engagement.plan_path}")
    open_places = gaps(plan.instruction)
    if open_places:
        session.say(f"fill in {', '.join(open_places)}: instruction in {engagement.plan_path}")
    return plan


def _pinned(plan: Plan) -> Plan:
    """The plan with the words that its judge is asked in, by digest: once agreed, other words are refused."""
    if plan.judge is None or plan.judge.template:
        return plan
    from harness.judges.wording import template_digest

    judge = msgspec.structs.replace(plan.judge, template=template_digest())
    return msgspec.structs.replace(plan, judge=judge)


def check_plan(plan: Plan) -> None:
    """Refuse unknown arms and metrics before anything heavy starts."""
    if not plan.arms:
        raise PlanError("the plan names no arm", fix="set arms, for example --arms floor,zero_shot,few_shot")
    check_names([*plan.arms, *plan.contrasts], metric=plan.metric, minimum_effect=plan.minimum_effect)
    for name in plan.contrasts:
        if name not in plan.arms:
            raise PlanError(
                f"contrast `{name}` is not among the arms", fix=f"add it to arms: {', '.join(plan.arms)}"
            )


def check_names(arms: Iterable[str], *, metric: str | None, minimum_effect: float | None) -> None:
    """Refuse what no plan can hold; None says nothing."""
    from harness import arms as known
    from harness import metrics
    from harness.arms._kind import Arm

    for name in arms:
        find(known, Arm, name)
    if metric is not None and metric not in stems(metrics):
        near = codec.suggestion(metric, stems(metrics))
        raise PlanError(f"unknown metric `{metric}`.{near}", fix=f"known: {', '.join(stems(metrics))}")
    if minimum_effect is not None and not 0 <= minimum_effect <= 1:
        raise PlanError(f"minimum_effect is {minimum_effect}, expected 0 to 1", fix="0.05 means five points")


def _first_plan(session: Session, engagement: Engagement, overrides: Overrides) -> Plan:
    from advisor.advice.planning import make_plan

    profile = engagement.profile()
    if profile is None:
        raise NotReady(f"{engagement.root}: no data yet", fix="run `tunecase check FILE`")
    if profile.scored_as is None:
        raise NotReady(
            f"{engagement.root}: the data ({profile.task}) holds no wanted answers to compare arms on",
            fix="check a file with an output on every row",
        )
    plan = make_plan(
        engagement.recommendation(),
        profile,
        arms=overrides.arms or (),
        model=overrides.model or "starter",
        instruction=engagement.settings().instruction,
        metric=_starting_metric(session, engagement, profile.scored_as),
        has_pairs=engagement.preferences_path.exists(),
    )
    return msgspec.structs.replace(plan, training=_starting_training(session, engagement, plan))


def _starting_training(session: Session, engagement: Engagement, plan: Plan) -> TrainingSettings:
    """Settings that fit the amount and length of the rows, reasons said aloud; each method keeps its rate."""
    if plan.model == "starter":
        from trainers.starter.fine_tuning import FINE_TUNING

        return FINE_TUNING
    from harness.forecasting import lengths_of
    from trainers.defaults import settings_for

    lengths = lengths_of(engagement, plan)
    # marks and, without the tokenizer, the tokens themselves are guesses: twice as many leaves room
    longest = 2 * (lengths.prefix + max(lengths.train, default=0))
    settings, why = settings_for("lora", max(1, len(lengths.train)), max(1, longest))
    for one in why:
        if one.what in ("rank", "epochs", "batch_size"):
            session.say(f"{one.what} {one.value:g}: {one.why} ({one.source})")
    return msgspec.structs.replace(settings, learning_rate=0.0)


def _starting_metric(session: Session, engagement: Engagement, task: str) -> str:
    """The metric that `engagement.toml` asks for; empty where it names none, or one for another task."""
    from harness import metrics
    from harness.metrics._kind import Metric

    wanted = engagement.settings().metric
    if not wanted:
        return ""
    check_names([], metric=wanted, minimum_effect=None)
    if task in find(metrics, Metric, wanted).tasks:
        return wanted
    session.say(f"{engagement.settings_path}: metric {wanted} does not suit {task} data, so it is not used")
    return ""


def _overridden(plan: Plan, overrides: Overrides) -> Plan:
    said = {name: value for name, value in msgspec.structs.asdict(overrides).items() if value is not None}
    keep = said.pop("keep_4bit", plan.training.keep_4bit)
    training = msgspec.structs.replace(plan.training, keep_4bit=keep)
    changed = msgspec.structs.replace(plan, training=training, **said)
    kept = [name for name in changed.contrasts if name in changed.arms]
    return msgspec.structs.replace(changed, contrasts=kept)
