"""Change the model: for form, narrow labels and small fast models, never for facts that move."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="fine_tuning",
    title="fine-tuning",
    prior=0.0,
    criteria=(
        Criterion(
            "task_kind",
            ("classification",),
            0.8,
            "narrow house categories are where small tuned models beat large prompted ones",
            s.ENCODERS,
        ),
        Criterion(
            "task_kind",
            ("extraction",),
            0.6,
            "a fixed format is form, and form is what tuning teaches",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind",
            ("writing",),
            0.4,
            "house tone and wording are form, and form can be taught",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind", ("formal_language",), 0.4, "niche syntax is form, and form can be taught", s.HUSAIN
        ),
        Criterion(
            "task_kind",
            ("answers",),
            -1.2,
            "new facts are learned slowly and then make the model invent more",
            s.GEKHMAN,
        ),
        Criterion(
            "task_kind", ("open_ended",), -1.2, "broad, varied requests do not repay a narrow model", s.HUSAIN
        ),
        Criterion(
            "success_measure", ("test_set",), 0.4, "there are cases to tell whether training helped", s.HUSAIN
        ),
        Criterion(
            "success_measure", ("checker",), 0.5, "a program can score every training attempt", s.OPENAI_RFT
        ),
        Criterion(
            "success_measure",
            ("opinion", "disagreement"),
            -2.0,
            "nobody could tell whether training helped",
            s.HUSAIN,
        ),
        Criterion(
            "failure", ("form",), 1.4, "right facts in the wrong form are what tuning repairs", s.ANYSCALE
        ),
        Criterion("failure", ("both",), 0.2, "half of the failures are form", s.DEVDAY),
        Criterion(
            "failure",
            ("facts",),
            -2.0,
            "looking facts up beats training them in, for known and new facts",
            s.OVADIA,
        ),
        Criterion("failure", ("none",), -0.8, "there is nothing left to teach", s.OREILLY),
        Criterion(
            "score_today",
            ("met",),
            -1.5,
            "the target is reached; only price, speed or hosting could argue for it",
            s.OREILLY,
        ),
        Criterion(
            "score_today", ("near",), -0.2, "the last tenth may not repay labelling and training", s.OREILLY
        ),
        Criterion(
            "score_today",
            ("short", "far"),
            0.9,
            "prompted models far below the target were lifted over it by training",
            s.THUMBTACK,
        ),
        Criterion("knowledge_changes", ("static",), 0.5, "what is learned stays true", s.NOVA),
        Criterion("knowledge_changes", ("yearly",), 0.3, "training again once a year is bearable", s.NOVA),
        Criterion(
            "knowledge_changes", ("monthly",), -0.3, "training again every month is a standing cost", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            -1.2,
            "what is learned is out of date within a week",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily", "realtime"),
            -2.0,
            "what is learned is out of date within a day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_size",
            ("none",),
            0.4,
            "the input holds everything, only the form has to be learned",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages", "over_10000_pages"),
            -0.4,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion(
            "knowledge_size",
            ("over_5_million_pages",),
            0.9,
            "billions of tokens of own text can carry further pre-training",
            s.HARVEY,
        ),
        Criterion(
            "source_duties",
            ("citations", "access_or_deletion"),
            -1.6,
            "a fact inside a model can be neither cited, hidden nor deleted",
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
            0.7,
            "hundreds of examples are where training starts to pay on narrow tasks",
            s.ENCODERS,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            1.2,
            "a thousand or more curated examples are enough for most forms",
            s.LORA_LAND,
        ),
        Criterion(
            "labelled_examples", ("n_10000_plus",), 1.4, "the examples suffice even for hard tasks", s.RAFT
        ),
        Criterion(
            "examples_fit", ("9_or_more",), 0.4, "reviewers agree with what would be learned", s.HUSAIN
        ),
        Criterion(
            "examples_fit", ("5_to_8",), -0.6, "up to half of the examples would have to go first", s.ZURU
        ),
        Criterion(
            "examples_fit", ("under_5",), -2.5, "a model learns the examples it sees, wanted or not", s.DEVDAY
        ),
        Criterion(
            "preference_pairs",
            ("1000_or_more",),
            0.6,
            "a thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "requests_per_month", ("under_10k",), -0.4, "too few requests to repay fixed effort", s.OREILLY
        ),
        Criterion(
            "requests_per_month", ("10k_to_1m",), 0.1, "the volume carries some fixed effort", s.DISTILLED
        ),
        Criterion(
            "requests_per_month",
            ("over_1m",),
            1.2,
            "at this volume a small tuned model repays its making",
            s.DISTILLED,
        ),
        Criterion("latency", ("under_1s",), 0.7, "tuning cut tokens and about halved the waiting", s.NOVA),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.5,
            "open models that run in-house gain most from training",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware", ("none",), -0.2, "there is no card to train on; it would have to be rented", s.OWN
        ),
        Criterion(
            "hardware",
            ("one_24gb", "one_48gb", "one_80gb", "several_80gb"),
            0.2,
            "there is a card to train on",
            s.QLORA,
        ),
        Criterion(
            "requirements",
            ("under_1_month",),
            -1.2,
            "a moving definition outdates every training run",
            s.MOVING_TARGET,
        ),
        Criterion(
            "requirements", ("over_3_months",), 0.4, "a settled definition lets training pay", s.HUSAIN
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
    first_step="Freeze a test split, score the best prompt on it, then train the smallest model that may do.",
    risks=(
        "A newer base model with a plain prompt may overtake the tuned one: rerun the comparison every year.",
        "The tuned model may lose abilities outside its task: keep a few general cases in the test.",
        "Labels that reviewers would not repeat set a ceiling: measure agreement before training.",
    ),
)
