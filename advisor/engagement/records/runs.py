"""What one arm or one training was asked, and what came of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.engagement.records.forecast import Expected
from advisor.engagement.records.plan import PreferenceSettings, PretrainingSettings, TrainingSettings


class TrainingSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of one trained model: its digest names `models/<method>-<digest>/`."""

    schema: str = "training/1"
    """Name and number of this record's form."""
    method: str
    """lora, qlora or full."""
    objective: str = "sft"
    """What is learnt: sft, dpo, reward, rlhf, distillation or continued_pretraining."""
    weights: str
    """sha256 of the base model's weight files."""
    tokenizer: str
    """sha256 of tokenizer and chat template."""
    data: str
    """sha256 of the training and validation rows in order."""
    instruction: str
    """Task in words."""
    labels: list[str]
    """Label list shown in the prompt; empty for generation."""
    settings: TrainingSettings
    """Hyperparameters."""
    seed: int
    """Seed of adapter initialisation, data order and dropout, each through its own generator."""
    renderer: int
    """Hand-raised version of the renderer."""
    trainer: int
    """Hand-raised version of the training code."""
    begins_with: str = ""
    """sha256 of the adapter that training goes on from; empty where it starts fresh."""
    pairs: str = ""
    """sha256 of the preference pairs in order; empty without them."""
    preferences: PreferenceSettings | None = None
    """Hyperparameters of learning from pairs, for the objectives that do."""
    teacher: str = ""
    """sha256 of the teacher's settings; empty without one."""
    texts: str = ""
    """sha256 of the raw texts in order, those held out last; empty without them."""
    pretraining: PretrainingSettings | None = None
    """Hyperparameters of reading raw text, for the objective that does."""
    old: str = ""
    """sha256 of the old rows that replay draws from and of the rows it keeps out; empty without replay."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the validation split during training."""

    step: int
    """Optimizer step after which it was made."""
    loss: float
    """Mean loss per trained token, nats."""
    metric: str = ""
    """Name of the task metric, where one was measured."""
    score: float | None = None
    """Its value."""


class StepLoss(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart of losses needs of one line of `steps.jsonl`; the rest is not decoded."""

    step: int
    """Optimizer step, from 1."""
    loss: float
    """Mean loss per trained token, nats."""


class TrainingResult(msgspec.Struct, frozen=True, kw_only=True):
    """What training did: `result.json`, written last."""

    schema: str = "training-result/1"
    """Name and number of this record's form."""
    method: str
    """lora, qlora or full."""
    model: str
    """Base model as the plan names it."""
    rows: int
    """Training rows used."""
    rows_truncated: int
    """Rows cut at the length limit."""
    rows_dropped: int
    """Rows left out for having no trained token."""
    tokens: int
    """Tokens seen over all epochs."""
    trained_tokens: int
    """Of these, tokens with a label."""
    trainable_parameters: int
    """Parameters that moved."""
    total_parameters: int
    """Parameters of the whole model."""
    steps: int
    """Optimizer steps."""
    first_loss: float
    """Loss of the first logged step, nats per trained token."""
    last_loss: float
    """Loss of the last logged step."""
    validation_loss: float
    """Mean loss per trained token over the validation split after training."""
    seconds: float
    """Wall time over all sessions, model loading left out."""
    peak_memory_gib: float
    """Peak allocated on the GPU, or peak resident memory of the process on a CPU."""
    quantised_layers: int
    """Linear layers held in 4-bit during training; 0 unless qlora."""
    device: str
    """cpu or the GPU's name."""
    weights: str
    """sha256 of the adapter or model files."""
    expected: Expected | None = None
    """The forecast made before training, to be read beside `seconds` and `peak_memory_gib`."""
    objective: str = "sft"
    """As in the spec."""
    evaluations: list[Evaluation] = []
    """Looks at the validation split, in order."""
    best_step: int | None = None
    """Step whose weights were kept; None where those of the last step were."""
    stopped_early: bool = False
    """Whether training ended before its last step for want of improvement."""
    seeds: dict[str, int] = {}
    """Seed of the adapter's first weights, of the order of rows, and of dropout."""
    pack_tokens: int = 0
    """Most tokens of one forward pass at the end of training."""
    checkpointing: bool = False
    """Whether activations were computed again in the backward pass."""
    measured: dict[str, float] = {}
    """What the objective measures besides, such as reward and divergence, by name."""
    notes: list[str] = []
    """What its owner should hear, in sentences."""


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of one arm over one split set: its digest names `runs/<arm>-<digest>/`."""

    schema: str = "run/1"
    """Name and number of this record's form."""
    arm: str
    """Which arm."""
    seed: int
    """Seed of whatever the arm draws."""
    weights: str | None
    """sha256 of the base weights; None for arms without a model."""
    adapter: str | None
    """sha256 of the trained files; None for untrained arms."""
    tokenizer: str | None
    """sha256 of tokenizer and chat template."""
    data: str
    """sha256 of train, validation and test rows in order, after the limit."""
    instruction: str
    """Task in words."""
    labels: list[str]
    """Label list."""
    task: str
    """classification or generation."""
    decoding: str
    """`labels` (log-probability of each label), or `greedy:<max new tokens>` with all else that shapes it."""
    renderer: int
    """Hand-raised version of the renderer."""
    scorer: int
    """Hand-raised version of the scorer."""
    arm_version: int
    """Hand-raised version of the arm."""
    settings: dict[str, str] = {}
    """What else changes the arm's answers, by name."""


Split = Literal["validation", "test"]


class Prediction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One immutable row of `predictions.jsonl`."""

    id: str
    """Example id."""
    split: Split
    """validation rows serve choices, test rows the verdict."""
    output: str | None
    """The answer; None where the request failed."""
    target: str
    """The wanted answer."""
    scores: dict[str, float]
    """Per-item metric values."""
    seconds: float
    """Wall time of this item: its batch's time divided by its size."""
    tokens_in: int
    """Prompt tokens."""
    tokens_out: int
    """Answer tokens (label tokens scored, or generated)."""
    error: str | None = None
    """Why the request failed."""
    finish_reason: str = "stop"
    """stop, length or error."""
    logprobs: dict[str, float] = {}
    """Log-probability of each label, nats."""
    retrieved: list[str] = []
    """Ids of the documents found, best first, for arms that retrieve."""
    shown: int = 0
    """Passages that the prompt held."""
    cited: list[str] = []
    """Ids of the documents that the answer names."""
    tokens_estimated: bool = False
    """Whether the tokens are estimated from the words, because the server did not count them."""
    thinking: str = ""
    """What the model wrote for itself before the answer; no part of what is scored."""
    near_ties: int | None = None
    """Choices of a token or label so close that another batch could make them otherwise; None: not seen."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs of one line of `predictions.jsonl`; log-probabilities and the rest are skipped."""

    id: str
    """As in Prediction."""
    split: Split
    """As in Prediction."""
    output: str | None
    """As in Prediction."""
    target: str
    """As in Prediction."""
    scores: dict[str, float]
    """As in Prediction."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the runs of an engagement happen; kept so that a resumed run computes alike."""

    schema: str = "machine/1"
    """Name and number of this record's form."""
    device: str
    """`cpu` or the GPU's name."""
    cores: int
    """Cores the process may use."""
    threads: int
    """Threads chosen by the probe."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is never shown alone."""

    value: float | None
    """Point estimate; None: no examples, no number."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end."""
    n: int
    """Items it rests on."""


class Retrieval(msgspec.Struct, frozen=True, kw_only=True):
    """How well an arm found what the test rows need."""

    found: dict[str, Estimate]
    """`recall@1` to `recall@10`, `hit@1` to `hit@10`, `ndcg@10`, `mrr`; of rows that name documents."""
    cited: dict[str, Estimate] = {}
    """`precision` over the answers that name documents, `recall` over all answers to rows that do."""
    abstained: Estimate | None = None
    """Share of answers that say the passages do not hold it; None where that was not offered."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """One finished arm: `result.json`, written last; its existence means done."""

    schema: str = "run-result/1"
    """Name and number of this record's form."""
    arm: str
    """Which arm."""
    title: str
    """In words, for reports."""
    seed: int
    """Its seed."""
    model: str | None
    """Base model as the plan names it."""
    training: str | None
    """Folder name of the trained model under `models/`, if any."""
    metrics: dict[str, Estimate]
    """On the test split."""
    validation: dict[str, Estimate]
    """On the validation split."""
    failed: int
    """Requests without an answer on the test split."""
    unparsed: int
    """Whole outputs that are no label, scored as wrong, on the test split."""
    truncated: int = 0
    """Outputs cut at the limit, or still thinking there, scored as wrong, on the test split."""
    thought: int = 0
    """Outputs with thinking in front, on the test split."""
    near_ties: int | None = None
    """Outputs of the test split that another batch size may change; None where that is not seen."""
    choices: dict[str, str] = {}
    """What the arm chose on validation, in words (few-shot draw, regularisation, ...)."""
    prompt: str = ""
    """The first test prompt as rendered, without client text: the input replaced by `{input}`."""
    p50_seconds: float | None
    """Median seconds per item on the test split."""
    p95_seconds: float | None
    """95th percentile."""
    tokens_in: int
    """Prompt tokens over the test split."""
    tokens_out: int
    """Answer tokens over the test split."""
    peak_memory_gib: float | None
    """As in TrainingResult, while predicting."""
    per_class: dict[str, dict[str, float]] = {}
    """precision, recall, f1, support by label."""
    retrieval: Retrieval | None = None
    """For arms that search documents, where rows name theirs."""
    tokens_estimated: int = 0
    """Answers of the test split whose tokens are estimated, because the server did not count them."""
    usd: float | None = None
    """What the requests of the test split cost by the token; None where they are not paid so."""
    seconds: float | None = None
    """All answers together, validation and test; loading and choosing on validation left out."""
    expected: Expected | None = None
    """The forecast made before the run, to be read beside `seconds` and `peak_memory_gib`."""
