"""Change the model: for form, narrow labels and small fast models, never for facts that move."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="fine_tuning",
    title="fine-tuning",
    what="A model is trained on the client's examples.",
    prior=0.06,
    criteria=(
        Criterion(
            "task_kind",
            ("classification",),
            1.40,
            "narrow house categories are where small tuned models beat large prompted ones",
            s.ENCODERS,
        ),
        Criterion(
            "task_kind",
            ("extraction",),
            1.05,
            "a fixed format is form, and form is what tuning teaches",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind",
            ("answers",),
            -2.10,
            "new facts are learned slowly and then make the model invent more",
            s.GEKHMAN,
        ),
        Criterion(
            "task_kind",
            ("writing",),
            0.70,
            "house tone and wording are form, and form can be taught",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind", ("formal_language",), 0.52, "niche syntax is form, and form can be taught", s.HUSAIN
        ),
        Criterion(
            "task_kind", ("open_ended",), -2.10, "varied requests do not repay a narrow model", s.HUSAIN
        ),
        Criterion(
            "task_kind",
            ("general_model",),
            3.84,
            "several later systems share the cost of changing the model",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "input_variety",
            ("narrow",),
            0.74,
            "a narrow, repeated task is where a small tuned model wins",
            s.THUMBTACK,
        ),
        Criterion(
            "input_variety",
            ("new_forms",),
            -1.19,
            "each new kind of input waits for the next training run",
            s.MOVING_TARGET,
        ),
        Criterion(
            "input_variety", ("broad",), -1.78, "no set of examples covers unrelated requests", s.HUSAIN
        ),
        Criterion(
            "distinct_tasks",
            ("n_10_99",),
            0.89,
            "dozens of adapters share one base model and one card",
            s.LORA_LAND,
        ),
        Criterion("distinct_tasks", ("per_user",), -0.60, "a model per user gains little", s.PERSONAL),
        Criterion(
            "weak_ground", ("jargon",), 0.75, "house codes and niche syntax can be taught", s.LORA_LAND
        ),
        Criterion(
            "weak_ground",
            ("language",),
            0.90,
            "a language the model barely knows has to be trained in",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            1.20,
            "reading a script or layout is a skill, and skills are trained",
            s.MET_OFFICE,
        ),
        Criterion("success_measure", ("test_set",), 0.48, "cases can tell whether training helped", s.HUSAIN),
        Criterion(
            "success_measure", ("checker",), 0.64, "a program can score every training attempt", s.OPENAI_RFT
        ),
        Criterion(
            "success_measure",
            ("opinion",),
            -0.48,
            "without agreed cases the effect of training is hard to see",
            s.HUSAIN,
        ),
        Criterion(
            "success_measure", ("undefined",), -2.40, "nobody could tell whether training helped", s.HUSAIN
        ),
        Criterion(
            "success_measure",
            ("disagreement",),
            -2.40,
            "training on contested answers teaches the contest",
            s.OPENAI_RFT,
        ),
        Criterion(
            "failure",
            ("facts",),
            -3.09,
            "looking facts up beats training them in, for known and new facts",
            s.OVADIA,
        ),
        Criterion(
            "failure", ("form",), 2.40, "right facts in the wrong form are what tuning repairs", s.ANYSCALE
        ),
        Criterion("failure", ("both",), 0.34, "half of the failures are form", s.DEVDAY),
        Criterion(
            "failure",
            ("cost",),
            3.43,
            "where a large model is right but too dear or slow, a small tuned one takes its place",
            s.DISTILLED,
        ),
        Criterion("failure", ("none",), -1.37, "there is nothing left to teach", s.OREILLY),
        Criterion(
            "score_today",
            ("met",),
            -0.90,
            "the target is reached; only price, speed or hosting argues for training",
            s.OREILLY,
        ),
        Criterion(
            "score_today",
            ("short",),
            0.90,
            "prompted models far below the target were lifted over it by training",
            s.THUMBTACK,
        ),
        Criterion(
            "score_today",
            ("far",),
            1.21,
            "prompted models far below the target were lifted over it by training",
            s.THUMBTACK,
        ),
        Criterion("tried", ("nothing",), -0.45, "cheaper steps have not been tried", s.OREILLY),
        Criterion(
            "tried", ("careful",), 0.60, "what careful instructions do not fix can be taught", s.THUMBTACK
        ),
        Criterion(
            "tried", ("changed_model", "hosted_model"), 0.45, "data and skill to train are there", s.OWN
        ),
        Criterion(
            "knowledge_source",
            ("input",),
            0.76,
            "the input holds everything, only the form has to be learned",
            s.DEVDAY,
        ),
        Criterion("knowledge_source", ("rulebook",), 0.30, "a small closed list can be learned", s.NOVA),
        Criterion(
            "knowledge_source",
            ("documents",),
            -1.21,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion(
            "knowledge_source",
            ("database",),
            -1.81,
            "values in a database are not to be learned by heart",
            s.GEKHMAN,
        ),
        Criterion(
            "knowledge_source",
            ("practice",),
            1.36,
            "what shows only in experts' outputs is learned from those outputs",
            s.HUSAIN,
        ),
        Criterion("knowledge_changes", ("static",), 0.60, "what is learned stays true", s.NOVA),
        Criterion("knowledge_changes", ("yearly",), 0.45, "training again once a year is bearable", s.NOVA),
        Criterion(
            "knowledge_changes", ("monthly",), -0.30, "training again every month is a standing cost", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            -1.36,
            "what is learned is stale within a week",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes", ("daily",), -2.26, "what is learned is stale within a day", s.CHANGING_FACTS
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            -2.71,
            "what is learned is out of date within hours",
            s.CHANGING_FACTS,
        ),
        Criterion("knowledge_size", ("none",), 0.45, "only the form has to be learned", s.DEVDAY),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages",),
            -0.45,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion(
            "knowledge_size",
            ("over_10000_pages",),
            -0.45,
            "documents are not memorised reliably by training",
            s.OVADIA,
        ),
        Criterion("citations", ("yes",), -1.80, "a fact inside a model cannot be cited", s.SOURCE_DUTIES),
        Criterion(
            "access_or_deletion",
            ("access", "deletion", "both"),
            -1.50,
            "a fact inside a model can be neither hidden nor deleted",
            s.SOURCE_DUTIES,
        ),
        Criterion("may_be_shown", ("no",), 1.20, "what may not be shown has to be learned", s.OWN),
        Criterion(
            "labelled_examples", ("n_50_99",), -1.27, "50-99 examples allow a trial, no more", s.OPENAI_DATA
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999",),
            0.63,
            "hundreds of examples are where training starts to pay on narrow tasks",
            s.ENCODERS,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            1.59,
            "a thousand or more curated examples are enough for most forms",
            s.LORA_LAND,
        ),
        Criterion(
            "labelled_examples", ("n_10000_plus",), 1.90, "the examples suffice even for hard tasks", s.RAFT
        ),
        Criterion(
            "examples_fit", ("9_or_more",), 0.79, "reviewers agree with what would be learned", s.HUSAIN
        ),
        Criterion(
            "examples_fit", ("5_to_8",), -0.63, "up to half of the examples would have to go first", s.ZURU
        ),
        Criterion(
            "examples_fit", ("under_5",), -3.48, "a model learns what it sees, wanted or not", s.DEVDAY
        ),
        Criterion(
            "agreement", ("over_90",), 0.45, "reviewers agree, so there is something to learn", s.HUSAIN
        ),
        Criterion(
            "agreement",
            ("under_75",),
            -1.20,
            "training on contested answers teaches the contest",
            s.OPENAI_RFT,
        ),
        Criterion(
            "preference_pairs",
            ("n_1000_9999",),
            1.22,
            "a thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "preference_pairs",
            ("n_10000_plus",),
            1.83,
            "ten thousand comparisons can be learned from directly",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "unlabelled_text",
            ("over_1b",),
            1.52,
            "billions of tokens of own text can carry further pre-training",
            s.HARVEY,
        ),
        Criterion(
            "may_learn", ("disguised",), -0.30, "records have to be made up or masked before training", s.OWN
        ),
        Criterion(
            "requests_per_month", ("under_10k",), -0.76, "too few requests to repay fixed effort", s.OREILLY
        ),
        Criterion(
            "requests_per_month",
            ("over_1m",),
            1.06,
            "at this volume a small tuned model repays its making",
            s.DISTILLED,
        ),
        Criterion(
            "tokens_out", ("under_50",), 0.30, "small tuned models do best on short outputs", s.LORA_LAND
        ),
        Criterion(
            "fixed_text", ("1k_to_10k",), 0.30, "what repeats in every request can be learned once", s.INDEED
        ),
        Criterion("latency", ("under_1s",), 1.20, "tuning cut tokens and about halved the waiting", s.NOVA),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.60,
            "open models that run in-house gain most from training",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware", ("none",), -0.30, "there is no card to train on; it would have to be rented", s.OWN
        ),
        Criterion(
            "hardware",
            ("one_16gb", "one_24gb", "one_48gb", "one_80gb"),
            0.30,
            "there is a card to train on",
            s.QLORA,
        ),
        Criterion(
            "hardware", ("several_80gb",), 0.75, "there are cards for training of any kind", s.LEARNS_LESS
        ),
        Criterion("budget", ("over_200k",), 0.30, "the budget covers labelling and training", s.AMAZON_2026),
        Criterion("stage", ("one_off",), -1.59, "a job that ends repays no training", s.OREILLY),
        Criterion(
            "stage", ("moving",), -1.91, "a moving definition outdates every training run", s.MOVING_TARGET
        ),
        Criterion("stage", ("settled",), 0.64, "a settled definition lets training pay", s.HUSAIN),
        Criterion(
            "corrections",
            ("within_a_day",),
            -1.81,
            "a correction waits for the next training run",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "team", ("nobody",), -0.91, "a tuned model that nobody renews is overtaken", s.MOVING_TARGET
        ),
        Criterion("team", ("software",), -0.30, "training needs a skill that is not there", s.HUSAIN),
        Criterion(
            "team", ("ml_1_2",), 0.45, "two engineers tuned and shipped a model in a month", s.DATABRICKS
        ),
        Criterion("team", ("ml_3_plus",), 0.76, "the skill to train and retrain is there", s.DATABRICKS),
        Criterion("weeks", ("under_4",), -0.60, "collecting and checking examples takes longer", s.STRIPE),
        Criterion("weeks", ("over_12",), 0.30, "there is time to collect and check examples", s.STRIPE),
    ),
    gates=(
        Gate("simpler_method", ("yes", "in_use"), "a simpler method does it, and can be proved", s.HUYEN),
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
