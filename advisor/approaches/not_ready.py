"""The honest answer when there is no measure, no usable data, or no language in the problem."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion

from ._kind import Approach

APPROACH = Approach(
    name="not_ready",
    title="not ready",
    prior=-1.2,
    criteria=(
        Criterion(
            "task_kind",
            ("not_language",),
            4.0,
            "a rule, query, optimiser or tree model does this better and cheaper",
            s.TREES,
            "not_a_language_problem",
        ),
        Criterion(
            "task_kind",
            ("open_ended",),
            0.3,
            "nobody has said which task comes first",
            s.HUSAIN,
            "no_measure",
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction", "answers", "writing", "formal_language"),
            -0.2,
            "the task is a matter of language",
            s.HUYEN,
        ),
        Criterion(
            "success_measure",
            ("test_set", "checker"),
            -1.5,
            "there is a way to tell better from worse",
            s.HUSAIN,
        ),
        Criterion("success_measure", ("small_set",), -0.6, "a first baseline can be measured", s.HUSAIN),
        Criterion(
            "success_measure",
            ("opinion",),
            2.6,
            "without agreed cases nobody can tell whether anything helped",
            s.HUSAIN,
            "no_measure",
        ),
        Criterion(
            "success_measure",
            ("disagreement",),
            3.4,
            "where experts disagree there is nothing to aim at",
            s.OPENAI_RFT,
            "no_measure",
        ),
        Criterion("failure", ("none",), -0.6, "it already works", s.OREILLY),
        Criterion("score_today", ("met", "near"), -0.9, "the target is in reach", s.OREILLY),
        Criterion(
            "score_today",
            ("far",),
            0.5,
            "where the best model is far off, collect data or split the task first",
            s.OPENAI_RFT,
            "no_data",
        ),
        Criterion(
            "labelled_examples",
            ("none",),
            0.5,
            "there is not one example of the wanted output",
            s.HUSAIN,
            "no_data",
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999", "n_1000_9999", "n_10000_plus"),
            -0.2,
            "there are examples to begin with",
            s.GEMINI,
        ),
        Criterion("examples_fit", ("9_or_more",), -0.5, "reviewers stand behind the examples", s.HUSAIN),
        Criterion(
            "examples_fit", ("5_to_8",), 0.3, "reviewers reject many of the examples", s.ZURU, "wrong_data"
        ),
        Criterion(
            "examples_fit",
            ("under_5",),
            3.2,
            "the examples show something else than what is wanted",
            s.DEVDAY,
            "wrong_data",
        ),
        Criterion(
            "requirements",
            ("under_1_month",),
            0.2,
            "the definition of a good output still moves",
            s.MOVING_TARGET,
            "no_measure",
        ),
    ),
    first_step="Let two experts agree on the right output for 20 real inputs; that is the measure.",
    risks=("Starting all the same buys a system that nobody can call good or bad.",),
)
