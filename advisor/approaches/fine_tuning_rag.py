"""Both levers at once: the best measured result for domain answers, at the price of both."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="fine_tuning_rag",
    title="fine-tuning with retrieval (RAG)",
    prior=-0.6,
    criteria=(
        Criterion("task_kind", ("answers",), 0.6, "for domain answers the two gains add up", s.AGRICULTURE),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -0.9,
            "the answer stands in the input, so half of it is idle",
            s.CHECKR,
        ),
        Criterion(
            "task_kind", ("writing",), 0.2, "house wording over looked-up facts needs both", s.SK_TELECOM
        ),
        Criterion(
            "task_kind", ("formal_language",), 0.2, "own syntax over looked-up schemas needs both", s.OWN
        ),
        Criterion(
            "task_kind", ("open_ended",), -1.0, "broad, varied requests do not repay a narrow model", s.HUSAIN
        ),
        Criterion(
            "success_measure",
            ("test_set", "checker"),
            0.4,
            "there are cases to tell which half helped",
            s.DEVDAY,
        ),
        Criterion(
            "success_measure",
            ("opinion", "disagreement"),
            -2.0,
            "nobody could tell whether training helped",
            s.HUSAIN,
        ),
        Criterion(
            "failure",
            ("both",),
            1.9,
            "facts are missing and the form is wrong: each half has its cure",
            s.DEVDAY,
        ),
        Criterion("failure", ("facts",), 0.3, "missing facts call for one half of it", s.DEVDAY),
        Criterion("failure", ("form",), -1.3, "the facts were right, so the look-up half is idle", s.DEVDAY),
        Criterion("failure", ("none",), -1.2, "nothing fails", s.OREILLY),
        Criterion("score_today", ("met",), -2.0, "the target is reached without either half", s.OREILLY),
        Criterion("score_today", ("near",), -0.4, "a small gap does not repay two systems", s.OREILLY),
        Criterion(
            "score_today", ("short", "far"), 0.7, "a large gap leaves room for both gains", s.AGRICULTURE
        ),
        Criterion(
            "knowledge_changes",
            ("static",),
            -0.6,
            "facts that stay the same need no look-up machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("yearly",),
            -0.3,
            "a yearly change can be carried in by hand",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes", ("monthly",), 0.3, "the look-up half takes a monthly change at once", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            1.0,
            "the look-up half keeps up with weekly changes",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            1.3,
            "the look-up half keeps up with daily changes",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            1.5,
            "the look-up half sees facts that change during the day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_size",
            ("none",),
            -2.3,
            "there is nothing to look up: the input holds everything",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            -0.4,
            "under 200,000 tokens the whole text fits in a prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages", "over_10000_pages"),
            0.7,
            "a large body of text is searched, not memorised",
            s.SOUDANI,
        ),
        Criterion(
            "knowledge_size",
            ("over_5_million_pages",),
            0.5,
            "so much text can be searched and learned from",
            s.SOUDANI,
        ),
        Criterion(
            "source_duties", ("none",), -0.2, "nothing has to be cited, hidden or deleted", s.SOURCE_DUTIES
        ),
        Criterion(
            "source_duties",
            ("citations", "access_or_deletion"),
            1.2,
            "the look-up half can cite, hide and delete",
            s.SOURCE_DUTIES,
        ),
        Criterion(
            "labelled_examples",
            ("n_50_99",),
            -0.8,
            "50 to 99 examples allow a trial and no more",
            s.OPENAI_DATA,
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999",),
            0.2,
            "hundreds of examples can teach the form of answers",
            s.GEMINI,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            0.9,
            "a thousand question-answer pairs on top of retrieval gave more than either alone",
            s.NOVA,
        ),
        Criterion(
            "labelled_examples",
            ("n_10000_plus",),
            1.3,
            "ten thousand examples suffice to train answering from passages",
            s.RAFT,
        ),
        Criterion(
            "examples_fit", ("9_or_more",), 0.3, "reviewers agree with what would be learned", s.HUSAIN
        ),
        Criterion(
            "examples_fit", ("5_to_8",), -0.5, "up to half of the examples would have to go first", s.ZURU
        ),
        Criterion(
            "examples_fit", ("under_5",), -2.2, "a model learns the examples it sees, wanted or not", s.DEVDAY
        ),
        Criterion(
            "preference_pairs",
            ("1000_or_more",),
            0.3,
            "a thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "requests_per_month", ("under_10k",), -0.4, "too few requests to repay two systems", s.OREILLY
        ),
        Criterion(
            "requests_per_month", ("over_1m",), 0.3, "the volume carries the effort of both", s.DISTILLED
        ),
        Criterion("latency", ("under_1s",), -0.4, "searching comes before answering", s.NOVA),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.2,
            "open models that run in-house gain from training",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware", ("none",), -0.2, "there is no card to train on; it would have to be rented", s.OWN
        ),
        Criterion(
            "requirements",
            ("under_1_month",),
            -1.0,
            "a moving definition outdates every training run",
            s.MOVING_TARGET,
        ),
        Criterion(
            "requirements", ("over_3_months",), 0.3, "a settled definition lets training pay", s.HUSAIN
        ),
    ),
    gates=(
        Gate("task_kind", ("not_language",), "tree models, optimisers and rules do this better", s.TREES),
        Gate(
            "labelled_examples",
            ("none", "under_50"),
            "fewer than 50 examples are too few to train on",
            s.OPENAI_DATA,
        ),
        Gate("source_duties", ("no_training",), "training on this data is barred", s.SOURCE_DUTIES),
    ),
    first_step="Build and measure retrieval first; then train on examples that contain retrieved passages.",
    risks=(
        "Two systems to maintain: decide who owns search and who owns training.",
        "Training without retrieved passages in the examples teaches the model to ignore them.",
        "A newer base model may overtake the tuned half: rerun the comparison every year.",
    ),
)
