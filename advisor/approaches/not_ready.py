"""The honest answer when there is no measure, no usable data, or no language in the problem."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion

from ._kind import Approach

APPROACH = Approach(
    name="not_ready",
    title="not ready",
    what="First settle what is missing; building now would be guessing.",
    prior=-1.23,
    criteria=(
        Criterion(
            "task_kind",
            ("not_language",),
            6.99,
            "tree models, optimisers, signal processing and rules do this better",
            s.TREES,
            "not_a_language_problem",
        ),
        Criterion(
            "simpler_method", ("no",), -1.25, "nothing simpler than a language model can do it", s.HUYEN
        ),
        Criterion(
            "simpler_method",
            ("yes",),
            4.69,
            "exact inputs with a rule that can be written need no language model",
            s.HUYEN,
            "not_a_language_problem",
        ),
        Criterion(
            "simpler_method",
            ("in_use",),
            4.69,
            "a simpler system already reaches the target",
            s.CHECKR,
            "not_a_language_problem",
        ),
        Criterion("success_measure", ("test_set",), -1.60, "there is an agreed measure", s.HUSAIN),
        Criterion("success_measure", ("checker",), -1.60, "a program says what is right", s.OPENAI_RFT),
        Criterion("success_measure", ("small_set",), -0.96, "agreed cases exist to begin with", s.HUSAIN),
        Criterion(
            "success_measure",
            ("undefined",),
            7.19,
            "nobody can tell whether anything helped",
            s.HUSAIN,
            "no_measure",
        ),
        Criterion(
            "success_measure",
            ("disagreement",),
            7.19,
            "where experts disagree there is nothing to aim at",
            s.OPENAI_RFT,
            "no_measure",
        ),
        Criterion(
            "failure", ("cost",), -1.37, "a model that is right shows that the task can be done", s.DISTILLED
        ),
        Criterion("score_today", ("met",), -0.90, "the target is reached", s.OREILLY),
        Criterion("score_today", ("near",), -0.90, "the target is in reach", s.OREILLY),
        Criterion(
            "score_today",
            ("far",),
            0.30,
            "where the best model is far off, the task may have to be split first",
            s.OPENAI_RFT,
            "no_data",
        ),
        Criterion("tried", ("changed_model", "hosted_model"), -0.45, "the work has begun", s.OWN),
        Criterion(
            "labelled_examples",
            ("none",),
            0.48,
            "there is not one example of the wanted output",
            s.HUSAIN,
            "no_data",
        ),
        Criterion("examples_fit", ("9_or_more",), -0.79, "reviewers stand behind the examples", s.HUSAIN),
        Criterion(
            "examples_fit", ("5_to_8",), 0.32, "reviewers reject many of the examples", s.ZURU, "wrong_data"
        ),
        Criterion(
            "examples_fit",
            ("under_5",),
            6.34,
            "the examples show something else than what is wanted",
            s.DEVDAY,
            "wrong_data",
        ),
        Criterion(
            "agreement",
            ("under_75",),
            1.80,
            "where reviewers disagree there is nothing to aim at",
            s.OPENAI_RFT,
            "no_measure",
        ),
        Criterion(
            "stage",
            ("moving",),
            0.48,
            "the definition of a good output still moves",
            s.MOVING_TARGET,
            "no_measure",
        ),
    ),
    first_step="Let two experts agree on the right output for 20 real inputs; that is the measure.",
    risks=("Starting all the same buys a system that nobody can call good or bad.",),
)
