"""Instructions, examples and a good model: the default, because it is the cheapest to be wrong with."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="prompting",
    title="prompting",
    prior=1.0,
    criteria=(
        Criterion(
            "task_kind",
            ("open_ended",),
            1.2,
            "varied, open requests need a general model, not one bent to a single task",
            s.HUSAIN,
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction", "formal_language", "writing"),
            0.2,
            "instructions with examples are the cheap first attempt at a described task",
            s.OREILLY,
        ),
        Criterion(
            "task_kind",
            ("answers",),
            -0.3,
            "instructions add no facts that the model lacks",
            s.DEVDAY,
        ),
        Criterion(
            "success_measure",
            ("small_set",),
            0.3,
            "a handful of agreed cases is enough to improve instructions, not to train on",
            s.HUSAIN,
        ),
        Criterion("failure", ("none",), 2.0, "instructions already work; stop when they do", s.OREILLY),
        Criterion(
            "failure",
            ("form",),
            0.3,
            "wrong form is first tackled with clearer instructions and examples",
            s.DEVDAY,
        ),
        Criterion("failure", ("facts", "both"), -0.5, "no wording brings a missing fact", s.DEVDAY),
        Criterion("score_today", ("met",), 3.5, "instructions alone already reach the target", s.OREILLY),
        Criterion(
            "score_today",
            ("near",),
            1.0,
            "at nine tenths of the target, labelling, training and hosting may not repay themselves",
            s.OREILLY,
        ),
        Criterion("score_today", ("short",), -1.0, "a good prompt stays well below the target", s.THUMBTACK),
        Criterion(
            "score_today", ("far",), -1.6, "a good prompt does not reach half of the target", s.THUMBTACK
        ),
        Criterion(
            "knowledge_changes",
            ("static", "yearly"),
            0.2,
            "what rarely changes can stand in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            -0.1,
            "a prompt with facts in it must be rewritten every week",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily", "realtime"),
            -0.3,
            "a prompt with facts in it is out of date within a day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_size",
            ("none",),
            0.3,
            "the input holds everything, so nothing has to be brought along",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            0.9,
            "under 200,000 tokens the whole text fits in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages", "over_10000_pages", "over_5_million_pages"),
            -0.8,
            "the reference text does not fit in a prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "source_duties",
            ("citations", "access_or_deletion"),
            -0.5,
            "a prompt alone can neither cite nor withhold a source",
            s.SOURCE_DUTIES,
        ),
        Criterion(
            "source_duties",
            ("no_training",),
            0.4,
            "instructions leave the client's data untrained",
            s.SOURCE_DUTIES,
        ),
        Criterion(
            "labelled_examples",
            ("none", "under_50"),
            0.4,
            "with fewer than 50 examples they serve best inside the prompt",
            s.LIU,
        ),
        Criterion(
            "labelled_examples",
            ("n_50_99",),
            0.2,
            "with fewer than 100 examples training is no more than a trial",
            s.OPENAI_DATA,
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999", "n_1000_9999", "n_10000_plus"),
            -0.1,
            "a prompt can show only a few of the examples at hand",
            s.GEMINI,
        ),
        Criterion(
            "examples_fit",
            ("5_to_8",),
            0.3,
            "examples that reviewers reject were dropped for a prompt",
            s.CANVA,
        ),
        Criterion(
            "requests_per_month",
            ("under_10k",),
            0.3,
            "at low volume the price per request hardly matters",
            s.OREILLY,
        ),
        Criterion(
            "requests_per_month",
            ("over_1m",),
            -0.4,
            "at this volume a large model's price per request dominates",
            s.HF_COST,
        ),
        Criterion(
            "latency", ("under_1s",), -0.2, "large models with long prompts are slow to answer", s.NOVA
        ),
        Criterion(
            "latency", ("over_10s",), 0.3, "there is time for a large model, or for a batch at night", s.MANUS
        ),
        Criterion("data_leaves", ("anywhere",), 0.2, "the best hosted models are open to you", s.OREILLY),
        Criterion("data_leaves", ("own_machines",), -0.4, "the best hosted models are closed to you", s.OWN),
        Criterion(
            "requirements",
            ("under_1_month",),
            0.7,
            "instructions follow a moving definition at the cost of an edit",
            s.MOVING_TARGET,
        ),
        Criterion(
            "requirements",
            ("over_3_months",),
            -0.1,
            "a settled definition is worth more than an edit",
            s.HUSAIN,
        ),
    ),
    gates=(
        Gate(
            "task_kind", ("not_language",), "no instruction turns a language model into a calculator", s.TREES
        ),
    ),
    first_step="Write instructions with five examples, run them over the agreed cases, read every failure.",
    risks=(
        "The provider retires the model: keep the agreed cases and rerun them on the next one.",
        "Prompts grow until nobody dares to change them: keep one version per change, each with its score.",
    ),
)
