"""Both levers at once: the best measured result for domain answers, at the price of both."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="fine_tuning_rag",
    title="fine-tuning with retrieval (RAG)",
    what="A trained model that also reads looked-up passages.",
    prior=-0.95,
    criteria=(
        Criterion(
            "task_kind",
            ("classification",),
            -1.40,
            "what decides stands in the input, so half of it is idle",
            s.CHECKR,
        ),
        Criterion(
            "task_kind",
            ("extraction",),
            -1.05,
            "the fields stand in the input, so half of it is idle",
            s.ANYSCALE,
        ),
        Criterion("task_kind", ("answers",), 0.87, "for domain answers the two gains add up", s.AGRICULTURE),
        Criterion(
            "task_kind", ("writing",), 0.35, "house wording over looked-up facts needs both", s.SK_TELECOM
        ),
        Criterion(
            "task_kind",
            ("translation",),
            -0.70,
            "the text to translate stands in the input, so half of it is idle",
            s.DEVDAY,
        ),
        Criterion(
            "task_kind", ("formal_language",), 0.35, "own syntax over looked-up schemas needs both", s.OWN
        ),
        Criterion(
            "task_kind",
            ("open_ended",),
            -1.57,
            "broad, varied requests do not repay a narrow model",
            s.HUSAIN,
        ),
        Criterion(
            "task_kind",
            ("general_model",),
            -0.87,
            "which facts to look up is for the later systems to say",
            s.OWN,
        ),
        Criterion(
            "input_variety",
            ("new_forms",),
            -0.59,
            "each new kind of input waits for the next training run",
            s.MOVING_TARGET,
        ),
        Criterion(
            "input_variety", ("broad",), -1.19, "no set of examples covers unrelated requests", s.HUSAIN
        ),
        Criterion(
            "distinct_tasks",
            ("per_user",),
            0.45,
            "a user's history on top of a shared tuned model gains a little more",
            s.PERSONAL,
        ),
        Criterion(
            "weak_ground",
            ("jargon",),
            0.60,
            "house terms can be taught, and their meaning looked up",
            s.SK_TELECOM,
        ),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            -0.60,
            "looked-up passages do not help to read an image",
            s.OWN,
        ),
        Criterion(
            "success_measure", ("test_set",), 0.48, "there are cases to tell which half helped", s.DEVDAY
        ),
        Criterion("success_measure", ("checker",), 0.48, "a program can score every attempt", s.OPENAI_RFT),
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
        Criterion("failure", ("facts",), 0.86, "missing facts call for one half of it", s.DEVDAY),
        Criterion("failure", ("form",), -1.72, "the facts were right, so the look-up half is idle", s.DEVDAY),
        Criterion(
            "failure",
            ("both",),
            3.43,
            "facts are missing and the form is wrong: each half has its cure",
            s.DEVDAY,
        ),
        Criterion("failure", ("none",), -2.06, "nothing fails", s.OREILLY),
        Criterion("score_today", ("met",), -2.26, "the target is reached without either half", s.OREILLY),
        Criterion("score_today", ("near",), -0.45, "a small gap does not repay two systems", s.OREILLY),
        Criterion("score_today", ("short",), 0.75, "a large gap leaves room for both gains", s.AGRICULTURE),
        Criterion("score_today", ("far",), 0.75, "a large gap leaves room for both gains", s.AGRICULTURE),
        Criterion("tried", ("nothing",), -0.45, "cheaper steps have not been tried", s.OREILLY),
        Criterion(
            "tried", ("careful",), 0.30, "what careful instructions do not fix can be taught", s.DEVDAY
        ),
        Criterion(
            "tried",
            ("lookup",),
            1.20,
            "where the right passage is found and the answer still fails, tune on top",
            s.SK_TELECOM,
        ),
        Criterion("error_cost", ("harm",), 0.45, "high stakes repay two systems more often", s.AMAZON_2026),
        Criterion(
            "knowledge_source",
            ("input",),
            -2.72,
            "there is nothing to look up: the input holds everything",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_source",
            ("rulebook",),
            -0.76,
            "one rulebook needs no search machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_source",
            ("documents",),
            1.21,
            "documents are searched, and the form of answers can be taught",
            s.AGRICULTURE,
        ),
        Criterion(
            "knowledge_source",
            ("database",),
            0.45,
            "current values have to be looked up at the moment of asking",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_source",
            ("own_cases",),
            0.91,
            "past cases can be looked up and learned from",
            s.SK_TELECOM,
        ),
        Criterion(
            "knowledge_changes",
            ("static",),
            -0.75,
            "facts that stay the same need no look-up machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("yearly",),
            -0.30,
            "a yearly change can be carried in by hand",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes", ("monthly",), 0.45, "the look-up half takes a monthly change at once", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            1.36,
            "the look-up half keeps up with weekly changes",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            1.81,
            "the look-up half keeps up with daily changes",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            2.11,
            "the look-up half sees facts that change during the day",
            s.CHANGING_FACTS,
        ),
        Criterion("knowledge_size", ("none",), -1.95, "there is nothing to look up", s.DEVDAY),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            -0.45,
            "under 200,000 tokens the whole text fits in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages",),
            0.90,
            "a large body of text is searched, not memorised",
            s.SOUDANI,
        ),
        Criterion(
            "knowledge_size",
            ("over_10000_pages",),
            1.05,
            "a large body of text is searched, not memorised; rare facts gain most",
            s.SOUDANI,
        ),
        Criterion("citations", ("yes",), 1.20, "the look-up half can cite", s.SOURCE_DUTIES),
        Criterion(
            "access_or_deletion",
            ("access", "deletion", "both"),
            1.20,
            "the look-up half can hide and delete",
            s.SOURCE_DUTIES,
        ),
        Criterion("may_be_shown", ("no",), -1.50, "looked-up passages may not be shown", s.OWN),
        Criterion(
            "labelled_examples",
            ("n_50_99",),
            -1.27,
            "50 to 99 examples allow a trial and no more",
            s.OPENAI_DATA,
        ),
        Criterion(
            "labelled_examples",
            ("n_100_999",),
            0.16,
            "hundreds of examples can teach the form of answers",
            s.GEMINI,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            1.27,
            "a thousand question-answer pairs on top of retrieval gave more than either alone",
            s.NOVA,
        ),
        Criterion(
            "labelled_examples",
            ("n_10000_plus",),
            1.74,
            "ten thousand examples suffice to train answering from passages",
            s.RAFT,
        ),
        Criterion(
            "examples_fit", ("9_or_more",), 0.63, "reviewers agree with what would be learned", s.HUSAIN
        ),
        Criterion(
            "examples_fit", ("5_to_8",), -0.63, "up to half of the examples would have to go first", s.ZURU
        ),
        Criterion(
            "examples_fit",
            ("under_5",),
            -3.17,
            "a model learns the examples it sees, wanted or not",
            s.DEVDAY,
        ),
        Criterion(
            "agreement", ("over_90",), 0.30, "reviewers agree, so there is something to learn", s.HUSAIN
        ),
        Criterion(
            "agreement",
            ("under_75",),
            -1.20,
            "training on contested answers teaches the contest",
            s.OPENAI_RFT,
        ),
        Criterion(
            "unlabelled_text", ("over_1b",), 0.61, "so much text can be learned from and searched", s.HARVEY
        ),
        Criterion(
            "may_learn", ("disguised",), -0.30, "records have to be made up or masked before training", s.OWN
        ),
        Criterion(
            "requests_per_month", ("under_10k",), -0.45, "too few requests to repay fixed effort", s.OREILLY
        ),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.30,
            "open models that run in-house gain most from training",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware", ("none",), -0.30, "there is no card to train on; it would have to be rented", s.OWN
        ),
        Criterion(
            "hardware",
            ("one_16gb", "one_24gb", "one_48gb", "one_80gb"),
            0.15,
            "there is a card to train on",
            s.QLORA,
        ),
        Criterion(
            "hardware", ("several_80gb",), 0.60, "there are cards for training of any kind", s.LEARNS_LESS
        ),
        Criterion("budget", ("under_10k",), -0.60, "the budget does not cover two systems", s.HUSAIN),
        Criterion("budget", ("over_200k",), 0.45, "the budget covers two systems", s.AMAZON_2026),
        Criterion("stage", ("one_off",), -1.59, "a job that ends repays no training", s.OREILLY),
        Criterion(
            "stage", ("moving",), -1.59, "a moving definition outdates every training run", s.MOVING_TARGET
        ),
        Criterion("stage", ("settled",), 0.32, "a settled definition lets training pay", s.HUSAIN),
        Criterion(
            "corrections",
            ("within_a_day",),
            -0.45,
            "half of the corrections wait for the next training run",
            s.CHANGING_FACTS,
        ),
        Criterion("team", ("nobody",), -1.06, "two systems that nobody renews fall behind", s.MOVING_TARGET),
        Criterion("team", ("software",), -0.45, "training needs a skill that is not there", s.HUSAIN),
        Criterion(
            "team", ("ml_1_2",), 0.15, "two engineers tuned and shipped a model in a month", s.DATABRICKS
        ),
        Criterion(
            "team", ("ml_3_plus",), 0.76, "the skill to train, search and retrain is there", s.DATABRICKS
        ),
        Criterion("weeks", ("under_4",), -1.20, "two systems take longer", s.STRIPE),
        Criterion("weeks", ("over_12",), 0.30, "there is time for both halves", s.STRIPE),
    ),
    gates=(
        Gate("simpler_method", ("yes", "in_use"), "a simpler method does it, and can be proved", s.HUYEN),
        Gate(
            "task_kind",
            ("not_language",),
            "neither documents nor examples teach a language model to compute",
            s.TREES,
        ),
        Gate(
            "labelled_examples",
            ("none", "under_50"),
            "fewer than 50 examples are too few to train on",
            s.OPENAI_DATA,
        ),
        Gate("may_learn", ("no",), "training on this data is barred", s.SOURCE_DUTIES),
    ),
    first_step="Build and measure retrieval first; then train on examples that contain retrieved passages.",
    risks=(
        "Two systems to maintain: decide who owns search and who owns training.",
        "Training without retrieved passages in the examples teaches the model to ignore them.",
        "A newer base model may overtake the tuned half: rerun the comparison every year.",
    ),
)
