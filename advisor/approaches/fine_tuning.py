"""Change the model: for form, narrow labels and small fast models, never for facts that move."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="fine_tuning",
    title="fine-tuning",
    what="A model is trained on the client's examples.",
    prior=-0.07,
    criteria=(
        Criterion(
            "task_kind",
            ("classification",),
            1.65,
            "narrow house categories are where small tuned models beat large prompted ones",
            s.ENCODERS,
        ),
        Criterion(
            "task_kind",
            ("extraction",),
            1.23,
            "a fixed format is form, and form is what tuning teaches",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind",
            ("answers",),
            -2.47,
            "new facts are learned slowly and then make the model invent more",
            s.GEKHMAN,
        ),
        Criterion(
            "task_kind",
            ("writing",),
            0.82,
            "house tone and wording are form, and form can be taught",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind", ("formal_language",), 0.62, "niche syntax is form, and form can be taught", s.HUSAIN
        ),
        Criterion(
            "task_kind",
            ("open_ended",),
            -2.47,
            "broad, varied requests do not repay a narrow model",
            s.HUSAIN,
        ),
        Criterion(
            "task_kind",
            ("general_model",),
            4.53,
            "several later systems share the cost of changing the model",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "input_variety",
            ("narrow",),
            0.43,
            "a narrow, repeated task is where a small tuned model wins",
            s.THUMBTACK,
        ),
        Criterion(
            "input_variety",
            ("new_forms",),
            -0.68,
            "each new kind of input waits for the next training run",
            s.MOVING_TARGET,
        ),
        Criterion(
            "input_variety", ("broad",), -1.02, "no set of examples covers unrelated requests", s.HUSAIN
        ),
        Criterion(
            "distinct_tasks",
            ("n_10_99",),
            0.53,
            "dozens of adapters share one base model and one card",
            s.LORA_LAND,
        ),
        Criterion("distinct_tasks", ("per_user",), -0.36, "a model per user gains little", s.PERSONAL),
        Criterion(
            "weak_ground", ("jargon",), 0.52, "house codes and niche syntax can be taught", s.LORA_LAND
        ),
        Criterion(
            "weak_ground",
            ("language",),
            0.63,
            "a language the model barely knows has to be trained in",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            0.84,
            "reading a script or layout is a skill, and skills are trained",
            s.MET_OFFICE,
        ),
        Criterion(
            "success_measure",
            ("test_set",),
            0.28,
            "there are cases to tell whether training helped",
            s.HUSAIN,
        ),
        Criterion(
            "success_measure", ("checker",), 0.37, "a program can score every training attempt", s.OPENAI_RFT
        ),
        Criterion(
            "success_measure",
            ("opinion",),
            -0.28,
            "without agreed cases the effect of training is hard to see",
            s.HUSAIN,
        ),
        Criterion(
            "success_measure", ("undefined",), -1.39, "nobody could tell whether training helped", s.HUSAIN
        ),
        Criterion(
            "success_measure",
            ("disagreement",),
            -1.39,
            "training on contested answers teaches the contest",
            s.OPENAI_RFT,
        ),
        Criterion(
            "failure",
            ("facts",),
            -2.62,
            "looking facts up beats training them in, for known and new facts",
            s.OVADIA,
        ),
        Criterion(
            "failure", ("form",), 2.04, "right facts in the wrong form are what tuning repairs", s.ANYSCALE
        ),
        Criterion("failure", ("both",), 0.29, "half of the failures are form", s.DEVDAY),
        Criterion(
            "failure",
            ("cost",),
            2.91,
            "where a large model is right but too dear or slow, a small tuned one takes its place",
            s.DISTILLED,
        ),
        Criterion("failure", ("none",), -1.17, "there is nothing left to teach", s.OREILLY),
        Criterion(
            "score_today",
            ("met",),
            -0.71,
            "the target is reached; only price, speed or hosting argues for training",
            s.OREILLY,
        ),
        Criterion(
            "score_today",
            ("short",),
            0.71,
            "prompted models far below the target were lifted over it by training",
            s.THUMBTACK,
        ),
        Criterion(
            "score_today",
            ("far",),
            0.94,
            "prompted models far below the target were lifted over it by training",
            s.THUMBTACK,
        ),
        Criterion("tried", ("nothing",), -0.31, "cheaper steps have not been tried", s.OREILLY),
        Criterion(
            "tried", ("careful",), 0.42, "what careful instructions do not fix can be taught", s.THUMBTACK
        ),
        Criterion(
            "tried", ("changed_model", "hosted_model"), 0.31, "data and skill to train are there", s.OWN
        ),
        Criterion(
            "knowledge_source",
            ("input",),
            0.49,
            "the input holds everything, only the form has to be learned",
            s.DEVDAY,
        ),
        Criterion("knowledge_source", ("rulebook",), 0.20, "a small closed list can be learned", s.NOVA),
        Criterion(
            "knowledge_source",
            ("documents",),
            -0.79,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion(
            "knowledge_source",
            ("database",),
            -1.18,
            "values in a database are not to be learned by heart",
            s.GEKHMAN,
        ),
        Criterion(
            "knowledge_source",
            ("practice",),
            0.89,
            "what shows only in experts' outputs is learned from those outputs",
            s.HUSAIN,
        ),
        Criterion("knowledge_changes", ("static",), 0.42, "what is learned stays true", s.NOVA),
        Criterion("knowledge_changes", ("yearly",), 0.32, "training again once a year is bearable", s.NOVA),
        Criterion(
            "knowledge_changes", ("monthly",), -0.21, "training again every month is a standing cost", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            -0.95,
            "what is learned is out of date within a week",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            -1.58,
            "what is learned is out of date within a day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            -1.90,
            "what is learned is out of date within hours",
            s.CHANGING_FACTS,
        ),
        Criterion("knowledge_size", ("none",), 0.29, "only the form has to be learned", s.DEVDAY),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages",),
            -0.29,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion(
            "knowledge_size",
            ("over_10000_pages",),
            -0.29,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion("citations", ("yes",), -1.15, "a fact inside a model cannot be cited", s.SOURCE_DUTIES),
        Criterion(
            "access_or_deletion",
            ("access", "deletion", "both"),
            -0.95,
            "a fact inside a model can be neither hidden nor deleted",
            s.SOURCE_DUTIES,
        ),
        Criterion("may_be_shown", ("no",), 0.80, "what may not be shown has to be learned", s.OWN),
        Criterion(
            "labelled_examples",
            ("n_50_99",),
            -1.36,
            "50 to 99 examples allow a trial and no more",
            s.OPENAI_DATA,
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999",),
            0.68,
            "hundreds of examples are where training starts to pay on narrow tasks",
            s.ENCODERS,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            1.69,
            "a thousand or more curated examples are enough for most forms",
            s.LORA_LAND,
        ),
        Criterion(
            "labelled_examples", ("n_10000_plus",), 2.03, "the examples suffice even for hard tasks", s.RAFT
        ),
        Criterion(
            "examples_fit", ("9_or_more",), 0.77, "reviewers agree with what would be learned", s.HUSAIN
        ),
        Criterion(
            "examples_fit", ("5_to_8",), -0.61, "up to half of the examples would have to go first", s.ZURU
        ),
        Criterion(
            "examples_fit",
            ("under_5",),
            -3.37,
            "a model learns the examples it sees, wanted or not",
            s.DEVDAY,
        ),
        Criterion(
            "agreement", ("over_90",), 0.30, "reviewers agree, so there is something to learn", s.HUSAIN
        ),
        Criterion(
            "agreement",
            ("under_75",),
            -0.80,
            "training on contested answers teaches the contest",
            s.OPENAI_RFT,
        ),
        Criterion(
            "preference_pairs",
            ("n_1000_9999",),
            0.90,
            "a thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "preference_pairs",
            ("n_10000_plus",),
            1.34,
            "ten thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "unlabelled_text",
            ("over_1b",),
            1.11,
            "billions of tokens of own text can carry further pre-training",
            s.HARVEY,
        ),
        Criterion(
            "may_learn", ("disguised",), -0.20, "records have to be made up or masked before training", s.OWN
        ),
        Criterion(
            "requests_per_month", ("under_10k",), -0.49, "too few requests to repay fixed effort", s.OREILLY
        ),
        Criterion(
            "requests_per_month",
            ("over_1m",),
            0.69,
            "at this volume a small tuned model repays its making",
            s.DISTILLED,
        ),
        Criterion(
            "tokens_out",
            ("under_50",),
            0.20,
            "short outputs are where small tuned models do best",
            s.LORA_LAND,
        ),
        Criterion(
            "fixed_text", ("1k_to_10k",), 0.20, "what repeats in every request can be learned once", s.INDEED
        ),
        Criterion("latency", ("under_1s",), 0.77, "tuning cut tokens and about halved the waiting", s.NOVA),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.43,
            "open models that run in-house gain most from training",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware", ("none",), -0.21, "there is no card to train on; it would have to be rented", s.OWN
        ),
        Criterion(
            "hardware",
            ("one_16gb", "one_24gb", "one_48gb", "one_80gb"),
            0.21,
            "there is a card to train on",
            s.QLORA,
        ),
        Criterion(
            "hardware", ("several_80gb",), 0.51, "there are cards for training of any kind", s.LEARNS_LESS
        ),
        Criterion("budget", ("over_200k",), 0.20, "the budget covers labelling and training", s.AMAZON_2026),
        Criterion("stage", ("one_off",), -2.47, "a job that ends repays no training", s.OREILLY),
        Criterion(
            "stage", ("moving",), -2.96, "a moving definition outdates every training run", s.MOVING_TARGET
        ),
        Criterion("stage", ("settled",), 0.99, "a settled definition lets training pay", s.HUSAIN),
        Criterion(
            "corrections",
            ("within_a_day",),
            -1.17,
            "a correction waits for the next training run",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "team", ("nobody",), -0.66, "a tuned model that nobody renews is overtaken", s.MOVING_TARGET
        ),
        Criterion("team", ("software",), -0.22, "training needs a skill that is not there", s.HUSAIN),
        Criterion(
            "team", ("ml_1_2",), 0.33, "two engineers tuned and shipped a model in a month", s.DATABRICKS
        ),
        Criterion("team", ("ml_3_plus",), 0.55, "the skill to train and retrain is there", s.DATABRICKS),
        Criterion("weeks", ("under_4",), -0.41, "collecting and checking examples takes longer", s.STRIPE),
        Criterion("weeks", ("over_12",), 0.20, "there is time to collect and check examples", s.STRIPE),
    ),
    gates=(
        Gate("simpler_method", ("in_use",), "a simpler system in use already reaches the target", s.CHECKR),
        Gate("task_kind", ("not_language",), "tree models, optimisers and rules do this better", s.TREES),
        Gate(
            "labelled_examples",
            ("none", "under_50"),
            "fewer than 50 examples are too few to train on",
            s.OPENAI_DATA,
        ),
        Gate("may_learn", ("no",), "training on this data is barred", s.SOURCE_DUTIES),
    ),
    first_step="Freeze a test split, score the best prompt on it, then train the smallest model that may do.",
    risks=(
        "A newer base model with a plain prompt may overtake the tuned one: rerun the comparison every year.",
        "The tuned model may lose abilities outside its task: keep a few general cases in the test.",
        "Labels that reviewers would not repeat set a ceiling: measure agreement before training.",
    ),
)
