"""What we recommend, why, at what cost, and what would change it: `advice/recommendation.json`."""

from __future__ import annotations

from typing import Literal

import msgspec

Approach = Literal["prompting", "rag", "fine_tuning", "fine_tuning_rag", "not_ready"]
APPROACHES: tuple[Approach, ...] = ("prompting", "rag", "fine_tuning", "fine_tuning_rag", "not_ready")


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion that spoke."""

    question: str
    """Id of the question."""
    question_text: str
    """Its wording, so that a report needs no other room."""
    answer: str
    """The answer in words."""
    because: str
    """Why it matters."""
    source: str
    """Where that is published."""
    weight: float
    """Log-odds it added to the recommended approach; negative: against."""


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """One approach with its probability."""

    approach: Approach
    """Which one."""
    technique: str
    """What one would use within it, or none."""
    probability: float
    """0 to 1; over all five they sum to 1."""


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that would change the approach, all others equal."""

    question: str
    """Id of the question."""
    question_text: str
    """Its wording."""
    now: str = msgspec.field(name="from")
    """The present answer in words."""
    to: str
    """The answer that flips it, in words."""
    becomes: Approach
    """The approach it would become."""


class FindOut(msgspec.Struct, frozen=True, kw_only=True):
    """An unknown answer that is worth a phone call."""

    question: str
    """Id of the question."""
    question_text: str
    """Its wording."""
    why: str
    """How to find out and why it matters."""
    who: str = ""
    """Role at the client that can answer."""
    could_become: list[Approach]
    """Approaches that some answer would lead to."""
    swing: float
    """Largest change of the leading probability that an answer could bring."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """An amount with its band."""

    low: float
    """Lower end."""
    likely: float
    """Best guess."""
    high: float
    """Upper end."""


class CostItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bill."""

    name: str
    """What is paid for."""
    period: Literal["one_off", "per_month"]
    """Once, or each month."""
    quantity: float
    """How many units."""
    unit: str
    """Of what."""
    unit_price: float
    """Price of one unit, in the cost's currency."""
    source: str
    """Who says so."""
    as_of: str
    """ISO date of the price, empty for an assumption."""
    low: float
    """Lower end of the line."""
    likely: float
    """Best guess."""
    high: float
    """Upper end."""


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """The volume from which one approach is cheaper than prompting; each end is None where no volume is."""

    approach: Approach
    """Which one."""
    against: str
    """What it is compared with, in words."""
    running_only: bool
    """True: monthly costs alone. False: set-up counts too, spread over the first twelve months."""
    low: float | None
    """Requests a month; in one of ten draws of all uncertain inputs it pays from fewer."""
    likely: float | None
    """With every input at its best guess."""
    high: float | None
    """In nine of ten draws it pays from this or fewer."""
    reason: str = ""
    """Why an end is missing, in a sentence; empty where none is."""


class Swing(msgspec.Struct, frozen=True, kw_only=True):
    """What one uncertain input does to the bill while all others stay at their best guess."""

    input: str
    """What is uncertain."""
    unit: str
    """Of its values."""
    input_low: float
    """Its lowest value."""
    input_likely: float
    """Its best guess."""
    input_high: float
    """Its highest value."""
    low: float
    """The bill at its lowest value."""
    high: float
    """The bill at its highest value."""
    source: str
    """Who says so."""


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """Another way to run the same approach."""

    name: str
    """In words."""
    per_month: Range
    """The whole monthly bill with it; per 1,000 requests where the volume is unknown."""
    when: str
    """What has to be true for it, in a sentence."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the recommended approach costs."""

    currency: str
    """ISO code."""
    one_off: Range
    """Once."""
    per_month: Range
    """Each month; per 1,000 requests where the volume is unknown: see `assumptions`."""
    break_even_requests_per_month: float | None
    """Requests per month from which the approach is cheaper than prompting; None: never, or not known."""
    items: list[CostItem]
    """The lines."""
    assumptions: list[str]
    """What was assumed, in sentences."""
    first_year: Range | None = None
    """Set-up and twelve months: eight of ten draws of all inputs lie inside. None: volume not known."""
    alternatives: list[Alternative] = []
    """Other ways to run the same approach, as dear or cheaper."""
    break_even: list[BreakEven] = []
    """Of each approach against prompting; the single number above is this approach's, running costs only."""
    tornado: list[Swing] = []
    """Inputs that move the first year most, strongest first; set-up alone where the volume is not known."""


class BaseModel(msgspec.Struct, frozen=True, kw_only=True):
    """An open model to start from."""

    hub_id: str
    """Id on the model hub."""
    licence: str
    """As its card says."""
    why: str
    """One sentence."""


class AnsweredQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer, in words, for the report's appendix."""

    question: str
    """Id."""
    section: str
    """Section title."""
    text: str
    """Wording."""
    answer: str
    """In words; `unknown` where it is."""
    certainty: str
    """known, assumed or unknown."""
    note: str
    """Who said so."""
    number: float | None = None
    """The answer as a number in the question's unit, where it is one."""


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """One option as a client compares them; doing nothing is one of them."""

    name: str
    """Approach, or `do_nothing`."""
    title: str
    """In words."""
    what: str
    """What it means, in a sentence."""
    technique: str
    """What one would use within it, or none."""
    probability: float | None
    """How likely it is the right one; None for doing nothing."""
    strongest_for: str
    """What speaks most for it; empty where nothing does."""
    strongest_against: str
    """What speaks most against it; empty where nothing does."""
    one_off: Range | None
    """Cost once; None where it is not costed."""
    per_month: Range | None
    """Cost each month, or per 1,000 requests as in `cost`; None where it is not costed."""


class Iteration(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the roadmap, with the result that decides about the next."""

    title: str
    """What it is about."""
    weeks: Range
    """Weeks of calendar time."""
    work: list[str]
    """What is done, in order."""
    gate: str
    """The result that lets the next iteration start."""
    otherwise: str
    """What to do where the gate says no."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the engagement's own runs say, and what it moved."""

    what: str
    """What was measured, as a sentence with its number."""
    question: str = ""
    """Question whose answer it replaces; empty where it replaces none."""
    before: str = ""
    """That answer in words, as it was given."""
    replaces: str = ""
    """Estimate or rule that it takes the place of, in words; empty where it takes none's."""
    unit: str
    """Of the value: share, USD per 1,000 requests, seconds or rows."""
    value: float | None
    """Point estimate."""
    low: float | None = None
    """Lower end of the 95 % interval, where there is one."""
    high: float | None = None
    """Upper end."""
    n: int
    """Items it rests on."""
    runs: list[str] = []
    """Folders under `runs/`."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `advice/history.jsonl`: an advice that was given."""

    schema: str = "given-advice/1"
    """Name and number of this record's form."""
    as_of: str
    """ISO date it was given."""
    answers: str
    """sha256 of the answers."""
    approach: Approach
    """The recommended one."""
    technique: str
    """What one would use within it."""
    confidence: float
    """Probability of the approach."""
    sentence: str
    """The recommendation in one sentence."""
    evidence: list[Measured] = []
    """What had been measured by then."""


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """The advice. Field meanings are fixed for other tools."""

    schema: str = "recommendation/1"
    """Name and number of this record's form."""
    approach: Approach
    """The recommended one."""
    technique: str
    """none, full, lora, qlora, sft_api, dpo, rlhf, distillation or continued_pretraining."""
    objective: str
    """none, sft, dpo, rlhf, distillation or continued_pretraining."""
    parameters: str
    """none, full, lora, qlora or hosted."""
    not_ready_because: Literal["no_measure", "no_data", "wrong_data", "not_a_language_problem"] | None
    """Only with not_ready."""
    base_model_b: float | None
    """Billions of parameters to start from."""
    base_models: list[BaseModel]
    """Named candidates."""
    confidence: float
    """Probability of the recommended approach."""
    tied_with: list[Approach]
    """Approaches within the tie margin."""
    ranking: list[Ranked]
    """All five, best first."""
    sentence: str
    """The recommendation in one sentence."""
    reasons_for: list[Reason]
    """Strongest first."""
    reasons_against: list[Reason]
    """Strongest first."""
    flips: list[Flip]
    """Single answers that would change the approach."""
    find_out: list[FindOut]
    """Unknown answers, most useful first."""
    risks: list[str]
    """In sentences."""
    cost: Cost
    """What it costs."""
    next_steps: list[str]
    """In order."""
    options: list[Considered] = []
    """Every approach and doing nothing, best first."""
    roadmap: list[Iteration] = []
    """Three to five iterations."""
    arms: list[str]
    """Arms that would test the advice."""
    answered: list[AnsweredQuestion]
    """The answers it rests on."""
    evidence: list[Measured] = []
    """What the engagement's own runs say; empty where nothing was measured or it was left aside."""
    as_of: str
    """ISO date the advice was given."""
