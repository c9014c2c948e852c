"""Instructions, examples and a good model: the default, because it is the cheapest to be wrong with."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="prompting",
    title="prompting",
    what="A general model with instructions and examples in the prompt; nothing is trained.",
    prior=0.61,
    criteria=(
        Criterion(
            "task_kind", ("answers",), -0.52, "instructions add no facts that the model lacks", s.DEVDAY
        ),
        Criterion(
            "task_kind",
            ("translation",),
            0.70,
            "large general models translate well once they are shown what is meant",
            s.OREILLY,
        ),
        Criterion(
            "task_kind",
            ("formal_language",),
            0.35,
            "a program can check the output, so instructions improve fast",
            s.OREILLY,
        ),
        Criterion(
            "task_kind",
            ("open_ended",),
            2.27,
            "varied, open requests need a general model, not one bent to a single task",
            s.HUSAIN,
        ),
        Criterion(
            "task_kind",
            ("general_model",),
            -1.75,
            "no instruction gives a model abilities that later systems can build on",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "simpler_method",
            ("partly",),
            0.47,
            "rules take the easy share, and the rest is small enough to prompt",
            s.HUYEN,
        ),
        Criterion(
            "input_variety",
            ("new_forms",),
            1.34,
            "new kinds of input are met with a new example in the prompt",
            s.MOVING_TARGET,
        ),
        Criterion("input_variety", ("broad",), 1.78, "unrelated requests need a general model", s.HUSAIN),
        Criterion(
            "distinct_tasks", ("per_user",), 0.30, "what differs between users fits in the prompt", s.PERSONAL
        ),
        Criterion("weak_ground", ("jargon",), -0.45, "a prompt has room for a few terms only", s.OREILLY),
        Criterion(
            "weak_ground", ("language",), -0.30, "instructions do not teach a language", s.EBAY_SWALLOW
        ),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            -0.75,
            "instructions do not teach a model to read what it misreads",
            s.MET_OFFICE,
        ),
        Criterion(
            "success_measure",
            ("small_set",),
            0.32,
            "a handful of agreed cases is enough to improve instructions",
            s.HUSAIN,
        ),
        Criterion(
            "success_measure",
            ("opinion",),
            0.48,
            "people who judge by reading can edit instructions themselves",
            s.MOVING_TARGET,
        ),
        Criterion(
            "success_measure",
            ("undefined",),
            -0.96,
            "nobody can tell whether better instructions helped",
            s.HUSAIN,
        ),
        Criterion("failure", ("facts",), -1.03, "no wording brings a missing fact", s.DEVDAY),
        Criterion(
            "failure",
            ("form",),
            0.34,
            "wrong form is first tackled with clearer instructions and examples",
            s.DEVDAY,
        ),
        Criterion("failure", ("both",), -1.37, "no wording brings a missing fact", s.DEVDAY),
        Criterion(
            "failure", ("cost",), -1.72, "the large prompted model is what costs too much", s.DISTILLED
        ),
        Criterion("failure", ("none",), 3.43, "instructions already work; stop when they do", s.OREILLY),
        Criterion("score_today", ("met",), 3.01, "instructions alone already reach the target", s.OREILLY),
        Criterion(
            "score_today",
            ("near",),
            1.21,
            "at nine tenths of the target, labelling, training and hosting may not repay themselves",
            s.OREILLY,
        ),
        Criterion("score_today", ("short",), -1.05, "a good prompt stays well below the target", s.THUMBTACK),
        Criterion(
            "score_today", ("far",), -1.81, "a good prompt does not reach half of the target", s.THUMBTACK
        ),
        Criterion(
            "tried", ("nothing",), 0.75, "instructions with examples are the cheap first attempt", s.OREILLY
        ),
        Criterion(
            "tried", ("first_try",), 0.45, "a first attempt leaves room for better instructions", s.OREILLY
        ),
        Criterion("tried", ("careful",), -0.45, "better wording has been tried", s.OREILLY),
        Criterion(
            "error_cost",
            ("little",),
            0.30,
            "errors that somebody corrects do not call for more than instructions",
            s.OREILLY,
        ),
        Criterion(
            "knowledge_source",
            ("input",),
            0.45,
            "the input holds everything, so nothing has to be brought along",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_source",
            ("rulebook",),
            1.51,
            "one rulebook fits in a cached prompt and is edited there",
            s.MANUS,
        ),
        Criterion(
            "knowledge_source",
            ("documents",),
            -0.45,
            "a prompt does not know which document is meant",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_source",
            ("database",),
            0.30,
            "a prompted model can call the system that holds the values",
            s.OWN,
        ),
        Criterion(
            "knowledge_changes",
            ("static",),
            0.15,
            "what rarely changes can stand in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("yearly",),
            0.15,
            "what rarely changes can stand in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            -0.15,
            "a prompt with facts in it is out of date within a day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            -0.30,
            "a prompt with facts in it is out of date within hours",
            s.CHANGING_FACTS,
        ),
        Criterion("knowledge_size", ("none",), 0.30, "nothing has to be brought along", s.DEVDAY),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            1.20,
            "under 200,000 tokens the whole text fits in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages",),
            -0.90,
            "the reference text does not fit in a prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("over_10000_pages",),
            -1.20,
            "the reference text does not fit in a prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion("citations", ("yes",), -0.45, "a prompt alone cannot cite a source", s.SOURCE_DUTIES),
        Criterion("may_be_shown", ("own_machines",), -0.45, "the best hosted models may not see it", s.OWN),
        Criterion("may_be_shown", ("no",), -1.50, "the prompt may not hold it", s.OWN),
        Criterion(
            "labelled_examples", ("none",), 0.63, "without examples there is nothing to train on", s.LIU
        ),
        Criterion(
            "labelled_examples",
            ("under_50",),
            0.63,
            "fewer than 50 examples serve best inside the prompt",
            s.LIU,
        ),
        Criterion(
            "labelled_examples",
            ("n_50_99",),
            0.32,
            "with fewer than 100 examples training is no more than a trial",
            s.OPENAI_DATA,
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999",),
            -0.16,
            "a prompt can show only a few of the examples at hand",
            s.GEMINI,
        ),
        Criterion(
            "labelled_examples",
            ("n_10000_plus",),
            -0.16,
            "a prompt can show only a few of the examples at hand",
            s.GEMINI,
        ),
        Criterion(
            "examples_fit",
            ("5_to_8",),
            0.48,
            "examples that reviewers reject were dropped for a prompt",
            s.CANVA,
        ),
        Criterion(
            "may_learn", ("no",), 0.45, "instructions leave the client's data untrained", s.SOURCE_DUTIES
        ),
        Criterion(
            "requests_per_month",
            ("under_10k",),
            0.60,
            "at low volume the price per request hardly matters",
            s.OREILLY,
        ),
        Criterion(
            "requests_per_month",
            ("over_1m",),
            -0.45,
            "at this volume a large model's price per request dominates",
            s.HF_COST,
        ),
        Criterion("tokens_in", ("over_8k",), -0.15, "long inputs leave little room for examples", s.OWN),
        Criterion("tokens_out", ("over_1k",), 0.30, "long outputs need the strength of a large model", s.OWN),
        Criterion(
            "fixed_text",
            ("over_10k",),
            0.30,
            "a long fixed text is about ten times cheaper once cached",
            s.MANUS,
        ),
        Criterion(
            "latency", ("under_1s",), -0.45, "large models with long prompts are slow to answer", s.NOVA
        ),
        Criterion(
            "latency",
            ("over_10s",),
            0.60,
            "there is time for a large model, or for a batch at night",
            s.MANUS,
        ),
        Criterion("data_leaves", ("anywhere",), 0.30, "the best hosted models are open to you", s.OREILLY),
        Criterion("data_leaves", ("own_machines",), -0.45, "the best hosted models are closed to you", s.OWN),
        Criterion(
            "budget", ("under_10k",), 0.60, "the budget covers little more than instructions", s.HUSAIN
        ),
        Criterion("stage", ("one_off",), 2.39, "a job that ends repays no fixed effort", s.OREILLY),
        Criterion(
            "stage",
            ("moving",),
            1.59,
            "instructions follow a moving definition at the cost of an edit",
            s.MOVING_TARGET,
        ),
        Criterion("stage", ("settled",), -0.16, "a settled definition is worth more than an edit", s.HUSAIN),
        Criterion(
            "corrections",
            ("within_a_day",),
            1.21,
            "an edited instruction or example works at once",
            s.MOVING_TARGET,
        ),
        Criterion("team", ("nobody",), 0.76, "instructions can be kept up without engineers", s.HUSAIN),
        Criterion("team", ("software",), 0.30, "software engineers can keep instructions up", s.HUSAIN),
        Criterion(
            "weeks",
            ("under_4",),
            1.20,
            "days are enough for instructions, not for collecting examples",
            s.HUSAIN,
        ),
    ),
    gates=(
        Gate("simpler_method", ("yes", "in_use"), "a simpler method does it, and can be proved", s.HUYEN),
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
