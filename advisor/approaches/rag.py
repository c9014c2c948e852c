"""Look facts up when they are needed: right where facts are missing, wrong where form is."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="rag",
    title="retrieval (RAG)",
    what="Passages from the client's documents are looked up and put into the prompt.",
    prior=0.30,
    criteria=(
        Criterion(
            "task_kind",
            ("classification",),
            -1.40,
            "what decides stands in the input; looked-up passages can lower the score",
            s.CHECKR,
        ),
        Criterion(
            "task_kind",
            ("extraction",),
            -1.05,
            "the fields stand in the input; there is little to look up",
            s.ANYSCALE,
        ),
        Criterion(
            "task_kind",
            ("answers",),
            1.75,
            "answering from documents is what retrieval was made for",
            s.OVADIA,
        ),
        Criterion("task_kind", ("writing",), -0.35, "tone and wording are not in the documents", s.ANYSCALE),
        Criterion(
            "task_kind", ("translation",), -0.87, "the text to translate stands in the input", s.DEVDAY
        ),
        Criterion(
            "task_kind",
            ("formal_language",),
            0.35,
            "schemas and manuals of a formal language can be looked up",
            s.OWN,
        ),
        Criterion(
            "task_kind",
            ("general_model",),
            -2.10,
            "looked-up passages do not change what the model itself can do",
            s.EBAY_SWALLOW,
        ),
        Criterion(
            "input_variety",
            ("new_forms",),
            0.45,
            "the nearest earlier case can be looked up as an example",
            s.ANTHROPIC_TICKETS,
        ),
        Criterion(
            "distinct_tasks",
            ("per_user",),
            0.74,
            "looking up a user's own history gains far more than a model per user",
            s.PERSONAL,
        ),
        Criterion("weak_ground", ("jargon",), 0.30, "a glossary can be looked up", s.SK_TELECOM),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            -0.90,
            "looked-up passages do not help to read an image",
            s.OWN,
        ),
        Criterion(
            "success_measure",
            ("small_set",),
            0.32,
            "a handful of agreed questions is enough to improve the search",
            s.HUSAIN,
        ),
        Criterion(
            "success_measure",
            ("undefined", "disagreement"),
            -1.92,
            "nobody could tell whether answers got better",
            s.HUSAIN,
        ),
        Criterion(
            "failure", ("facts",), 3.43, "missing, stale or private facts are a matter of context", s.DEVDAY
        ),
        Criterion(
            "failure",
            ("form",),
            -3.43,
            "the facts were right: looking them up again repairs nothing",
            s.DEVDAY,
        ),
        Criterion("failure", ("both",), 0.86, "half of the failures are missing facts", s.DEVDAY),
        Criterion(
            "failure", ("cost",), -2.06, "looked-up passages make each request longer and dearer", s.NOVA
        ),
        Criterion("failure", ("none",), -1.37, "nothing fails for want of facts", s.OREILLY),
        Criterion(
            "score_today", ("met",), -1.81, "the target is reached without looking anything up", s.OREILLY
        ),
        Criterion("score_today", ("short",), 0.45, "a gap that missing context could explain", s.DEVDAY),
        Criterion("score_today", ("far",), 0.45, "a gap that missing context could explain", s.DEVDAY),
        Criterion(
            "tried", ("lookup",), 0.60, "better search alone has lifted answers from 45 % to 98 %", s.DEVDAY
        ),
        Criterion(
            "error_cost", ("harm",), 0.30, "a wrong answer can be traced to its passage", s.SOURCE_DUTIES
        ),
        Criterion(
            "knowledge_source",
            ("input",),
            -3.02,
            "there is nothing to look up: the input holds everything",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_source",
            ("rulebook",),
            -0.45,
            "one rulebook needs no search machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_source", ("documents",), 1.81, "documents are searched, not memorised", s.OVADIA
        ),
        Criterion(
            "knowledge_source",
            ("database",),
            1.81,
            "current values have to be looked up at the moment of asking",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_source", ("own_cases",), 0.60, "the nearest past cases can be looked up", s.PERSONAL
        ),
        Criterion(
            "knowledge_source", ("practice",), -1.21, "what nobody wrote down cannot be looked up", s.DEVDAY
        ),
        Criterion(
            "knowledge_changes",
            ("static",),
            -0.90,
            "facts that stay the same need no look-up machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("yearly",),
            -0.45,
            "a yearly change can be carried in by hand",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes", ("monthly",), 0.45, "a document store takes a monthly change at once", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            1.51,
            "facts that change weekly belong in a store, however much training data there is",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            2.11,
            "facts that change daily belong in a store, however much training data there is",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            2.56,
            "only a look-up sees facts that change during the day",
            s.CHANGING_FACTS,
        ),
        Criterion("knowledge_size", ("none",), -2.25, "there is nothing to look up", s.DEVDAY),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            -0.30,
            "under 200,000 tokens the whole text fits in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages",),
            1.05,
            "a large body of text is searched, not memorised",
            s.SOUDANI,
        ),
        Criterion(
            "knowledge_size",
            ("over_10000_pages",),
            1.35,
            "a large body of text is searched, not memorised; rare facts gain most",
            s.SOUDANI,
        ),
        Criterion("citations", ("no",), -0.15, "nothing has to be cited", s.SOURCE_DUTIES),
        Criterion(
            "citations", ("yes",), 1.95, "a source can be named where it was looked up", s.SOURCE_DUTIES
        ),
        Criterion(
            "access_or_deletion",
            ("access", "deletion", "both"),
            1.80,
            "hiding or deleting a fact needs it outside the model",
            s.SOURCE_DUTIES,
        ),
        Criterion("may_be_shown", ("no",), -2.25, "looked-up passages may not be shown", s.OWN),
        Criterion("labelled_examples", ("none",), 0.48, "retrieval needs documents, not examples", s.NOVA),
        Criterion(
            "labelled_examples", ("under_50",), 0.48, "retrieval needs documents, not examples", s.NOVA
        ),
        Criterion(
            "may_learn", ("no",), 0.75, "looking facts up leaves the client's data untrained", s.SOURCE_DUTIES
        ),
        Criterion(
            "requests_per_month", ("over_1m",), -0.30, "looked-up passages about doubled the tokens", s.NOVA
        ),
        Criterion("latency", ("under_1s",), -0.60, "searching comes before answering", s.NOVA),
        Criterion(
            "stage",
            ("moving",),
            0.16,
            "documents and instructions can be exchanged at any time",
            s.MOVING_TARGET,
        ),
        Criterion(
            "corrections",
            ("within_a_day",),
            0.91,
            "an edited document or example works at once",
            s.CHANGING_FACTS,
        ),
    ),
    gates=(
        Gate("simpler_method", ("yes", "in_use"), "a simpler method does it, and can be proved", s.HUYEN),
        Gate(
            "task_kind", ("not_language",), "documents do not compute forecasts, optima or signals", s.TREES
        ),
    ),
    first_step="Collect 50 real questions with the passage that answers each; measure search before answers.",
    risks=(
        "Search misses the passage and the answer sounds right all the same: measure the two apart.",
        "Documents contradict each other: name an owner for each source.",
        "Passages can carry instructions from outsiders: treat them as untrusted text.",
    ),
)
