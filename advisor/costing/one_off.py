"""What is paid once: people, examples, documents, training runs and their evaluation."""

from __future__ import annotations

from advisor.engagement.records.advice import Range
from advisor.engagement.records.settings import Prices

from .case import Case, is_tuned, own_card, taken, tokens, tokens_in, uses_retrieval
from .hosted import embedding_price, request_price
from .lines import Input, Line, Period, exactly, priced, scaled
from .prices import flat, gpu_hour, training_tokens_price
from .training import serving_seconds, training_hours

DAYS = {
    "prompting": Range(low=3, likely=5, high=10),
    "rag": Range(low=10, likely=20, high=40),
    "fine_tuning": Range(low=10, likely=20, high=40),
    "fine_tuning_rag": Range(low=20, likely=35, high=70),
    "not_ready": Range(low=3, likely=8, high=15),
}
"""Engineer days to build and measure: assumption. Two engineers took one month for a 7B tune (Databricks)."""
ITERATIONS = Range(low=3, likely=4, high=5)
"""Trained models until one is kept: three to five are planned for, assumption."""
SEEDS = Range(low=1, likely=1.5, high=3)
"""Runs per iteration: 1.5 is one seed each and three of the last of four, assumption."""
EPOCHS = 3.0
START_HOURS = 0.25
"""For loading the model and evaluating it while it trains, per run: assumption."""
SCORED = Range(low=200, likely=300, high=500)
"""Held-out examples that each candidate answers."""
CANDIDATES = Range(low=5, likely=15, high=40)
"""Prompts, arms and trained models that are scored on them until one is kept: assumption."""
CORPUS = {
    "none": exactly(0.0),
    "up_to_500_pages": Range(low=0.02, likely=0.1, high=0.2),
    "500_to_10000_pages": Range(low=0.2, likely=1.0, high=4.0),
    "over_10000_pages": Range(low=4.0, likely=20.0, high=200.0),
}
"""Million tokens to look up in, at 400 tokens a page."""
UNKNOWN_CORPUS = Range(low=0.02, likely=1.0, high=20.0)


def lines(case: Case, prices: Prices) -> list[Line]:
    """All of it."""
    found = [_building(case, prices)]
    if case.labels.high > 0:
        found.append(_labelling(case, prices))
    if uses_retrieval(case):
        found.append(_embedding(case, prices))
    if is_tuned(case):
        runs = (Input("training iterations", ITERATIONS, "models"), Input("seeds", SEEDS, "runs a model"))
        found.append(training("training runs", "one_off", runs, case, prices))
    if case.approach != "not_ready":
        found.append(_evaluating(case, prices))
    return found


def day_rate(prices: Prices) -> Input:
    """An engineer's day, the same one in every line."""
    return priced("engineer's day", flat("engineer_day", prices), "day")


def card_hour(case: Case, prices: Prices) -> Input:
    """An hour of the case's card, the same one in every line."""
    return priced(f"{case.gpu} hour", gpu_hour(case.gpu, prices), f"{case.gpu} hour")


def corpus(case: Case) -> Input:
    """Text to look up in."""
    band = UNKNOWN_CORPUS if case.knowledge_size is None else CORPUS[case.knowledge_size]
    return Input("text to look up in", band, "million tokens")


def request_seconds(case: Case) -> Range:
    """Busy seconds of the card for one request, measured where they were."""
    measured = taken(case)
    if measured is not None and measured.request_seconds is not None:
        return exactly(measured.request_seconds)
    return serving_seconds(
        case.params_b or 8.0, tokens_in=tokens_in(case), tokens_out=case.tokens_out, gpu=case.gpu
    )


def training(name: str, period: Period, runs: tuple[Input, ...], case: Case, prices: Prices) -> Line:
    """Training runs, once or each month: by the token at a provider, else by the hour of a card."""
    row = tokens_in(case) + case.tokens_out
    read = case.training_rows * EPOCHS * row
    if case.parameters == "hosted" or case.parameters == "none" or case.params_b is None:
        each = Input("tokens of a training run", exactly(read / 1e6), "million training tokens")
        price = priced("training tokens at a provider", training_tokens_price(prices), "million tokens")
        return Line(name, period, (*runs, each), "million training tokens", price)
    measured = taken(case)
    if measured and measured.training_hours is not None and measured.parameters == case.parameters:
        each = Input("hours of a training run", exactly(measured.training_hours), "hours", measured.source)
        return Line(name, period, (*runs, each), f"{case.gpu} hour", card_hour(case, prices))
    hours = training_hours(case.params_b, read, parameters=case.parameters, gpu=case.gpu, row_tokens=row)
    band = Range(
        low=hours.low + START_HOURS, likely=hours.likely + START_HOURS, high=hours.high + START_HOURS
    )
    each = Input("hours of a training run", band, "hours", "speed model of this package")
    return Line(name, period, (*runs, each), f"{case.gpu} hour", card_hour(case, prices))


def _building(case: Case, prices: Prices) -> Line:
    days = Input("days to build and measure", DAYS[case.approach], "engineer days")
    return Line("building and measuring", "one_off", (days,), "engineer day", day_rate(prices))


def _labelling(case: Case, prices: Prices) -> Line:
    rows = Input("examples to label", case.labels, "examples")
    price = priced("price of a labelled example", flat("label", prices), "example")
    return Line("labelling examples", "one_off", (rows,), "example", price)


def _embedding(case: Case, prices: Prices) -> Line:
    price = priced("embedding", embedding_price(prices), "million tokens")
    return Line("embedding the documents", "one_off", (corpus(case),), "million tokens", price)


def _evaluating(case: Case, prices: Prices) -> Line:
    scored = (Input("held-out examples", SCORED, "examples"), Input("candidates scored", CANDIDATES, "runs"))
    if own_card(case):
        hours = Input("card hours per scored output", scaled(request_seconds(case), 1 / 3600), "hours")
        return Line("evaluation", "one_off", (*scored, hours), f"{case.gpu} hour", card_hour(case, prices))
    price = priced("request to a hosted model", request_price(tokens(case), prices), "request")
    return Line("evaluation", "one_off", scored, "request", price)
