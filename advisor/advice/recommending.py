"""`recommend`: answers in, the whole recommendation out. Today is an argument; there is no clock in here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from advisor.costing.money import Case, cost, in_detail
from advisor.engagement.records.advice import APPROACHES, Approach, Ranked, Recommendation
from advisor.engagement.records.answers import Answers
from advisor.engagement.records.settings import Settings
from advisor.questionnaire.criterion import Criterion, NotReadyBecause

from . import amounts, explaining, taking, wording
from . import evidence as measuring
from .choosing import NOTHING, Choice, base_model_b, base_models, choose
from .options import options
from .pricing import workload
from .roadmap import roadmap
from .weighing import Fact, all_approaches, all_techniques, facts, flattening, probabilities, spoken

TIE = 0.05
TUNED = ("fine_tuning", "fine_tuning_rag")
GROUNDED = ("rag", "fine_tuning_rag")
NO_SETTINGS = Settings(title="")


def recommend(
    answers: Answers,
    *,
    today: dt.date,
    settings: Settings | None = None,
    evidence: measuring.Evidence = measuring.NOTHING,
) -> Recommendation:
    """The advice that follows from answers and measurements, with everything needed to defend it."""
    settings = settings or NO_SETTINGS
    answers, measured = measuring.replaced(answers, evidence)
    enough = amounts.suffices(evidence.curve)
    weighed = amounts.weighed(answers, enough)
    known = facts(answers)
    tuned = choose(known, tuned=True)
    ranking = rank(weighed, tuned)
    approach, confidence = ranking[0].approach, ranking[0].probability
    choice = tuned if approach in TUNED else NOTHING
    costs = taking.costs(evidence.comparison)
    cases = {name: _case(name, answers, known, tuned, costs) for name in APPROACHES}
    bills = {name: cost(cases[name], settings, today=today) for name in APPROACHES}
    because = _not_ready_because(weighed) if approach == "not_ready" else None
    size = _size(approach, choice, known)
    models = base_models(size, known)
    tied = [one.approach for one in ranking[1:] if confidence - one.probability <= TIE]
    reasons = amounts.told(explaining.reasons(approach, weighed), enough)
    unknown = explaining.find_out(weighed)
    return Recommendation(
        approach=approach,
        technique=choice.technique,
        objective=choice.objective,
        parameters=choice.parameters or "none",
        not_ready_because=because,
        base_model_b=size,
        base_models=models,
        confidence=confidence,
        tied_with=tied,
        ranking=ranking,
        sentence=wording.sentence(ranking, tied, technique=choice.technique),
        reasons_for=[reason for reason in reasons if reason.weight > 0],
        reasons_against=[reason for reason in reasons if reason.weight < 0],
        flips=amounts.without_count(explaining.flips(weighed), enough),
        find_out=unknown,
        risks=[
            *measuring.too_slow(approach, answers, evidence),
            *wording.risks(approach, choice, answers, models=models, bill=bills[approach]),
        ],
        cost=in_detail(bills[approach], cases[approach], list(cases.values()), settings),
        next_steps=wording.next_steps(approach, choice, unknown, because),
        options=options(answers, ranking, bills),
        roadmap=roadmap(approach, choice, known),
        arms=arms(approach, choice),
        answered=explaining.answered(answers),
        evidence=[
            *measured,
            *taking.replacing(costs, approach, evidence.comparison),
            *measuring.running(approach, evidence),
        ],
        as_of=today.isoformat(),
    )


def _size(approach: Approach, choice: Choice, known: Mapping[str, Fact]) -> float | None:
    return base_model_b(known, choice) if approach != "not_ready" else None


def _case(
    approach: Approach, answers: Answers, known: Mapping[str, Fact], tuned: Choice, costs: taking.Costs
) -> Case:
    choice = tuned if approach in TUNED else NOTHING
    size = _size(approach, choice, known)
    return workload(answers, known, approach=approach, choice=choice, size=size, measured=costs)


def rank(answers: Answers, tuned: Choice) -> list[Ranked]:
    """All five, best first; six decimals, the last of them so that the sum is one."""
    odds = probabilities(facts(answers), flattening(answers))
    ordered = sorted(odds.items(), key=lambda pair: -pair[1])
    shares = [round(probability, 6) for _, probability in ordered]
    shares[0] = round(1.0 - sum(shares[1:]), 6)
    return [
        Ranked(approach=name, technique=tuned.technique if name in TUNED else "none", probability=share)
        for (name, _), share in zip(ordered, shares, strict=True)
    ]


def arms(approach: Approach, choice: Choice) -> list[str]:
    """Arms that would test the advice; the trivial and the cheap ones always run along."""
    found = ["floor", "classical", "zero_shot", "few_shot"]
    if approach in GROUNDED:
        found.append("rag")
    if approach in TUNED:
        found += all_techniques()[choice.technique].arms
    if approach == "fine_tuning_rag":
        found.append("lora_rag")
    return found


def _not_ready_because(answers: Answers) -> NotReadyBecause:
    """What the strongest criterion that leads there names."""
    pointing: list[tuple[float, NotReadyBecause]] = [
        (one.weight, one.rule.names)
        for one in spoken(all_approaches()["not_ready"], facts(answers))
        if isinstance(one.rule, Criterion) and one.rule.names and one.weight > 0
    ]
    return max(pointing)[1] if pointing else "no_measure"
