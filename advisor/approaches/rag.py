"""Look facts up when they are needed: right where facts are missing, wrong where form is."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Approach

APPROACH = Approach(
    name="rag",
    title="retrieval (RAG)",
    prior=0.2,
    criteria=(
        Criterion(
            "task_kind",
            ("answers",),
            1.2,
            "answering from documents is what retrieval was made for",
            s.OVADIA,
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -0.9,
            "the answer stands in the input; looked-up passages can lower the score",
            s.CHECKR,
        ),
        Criterion("task_kind", ("writing",), -0.2, "tone and wording are not in the documents", s.ANYSCALE),
        Criterion(
            "task_kind",
            ("formal_language",),
            0.2,
            "schemas and examples of a formal language can be looked up",
            s.OWN,
        ),
        Criterion(
            "task_kind", ("open_ended",), -0.2, "no single body of text covers unrelated tasks", s.HUSAIN
        ),
        Criterion(
            "success_measure",
            ("test_set", "checker"),
            0.2,
            "finding and answering can be measured apart",
            s.DEVDAY,
        ),
        Criterion(
            "failure", ("facts",), 2.0, "missing, stale or private facts are a matter of context", s.DEVDAY
        ),
        Criterion("failure", ("both",), 0.5, "half of the failures are missing facts", s.DEVDAY),
        Criterion(
            "failure",
            ("form",),
            -2.2,
            "the facts were right: looking them up again repairs nothing",
            s.DEVDAY,
        ),
        Criterion("failure", ("none",), -0.8, "nothing fails for want of facts", s.OREILLY),
        Criterion("score_today", ("met",), -1.5, "instructions alone already reach the target", s.OREILLY),
        Criterion(
            "score_today",
            ("short", "far"),
            0.5,
            "there is a gap that missing context could explain",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_changes",
            ("static",),
            -0.8,
            "facts that stay the same need no look-up machinery",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes",
            ("yearly",),
            -0.4,
            "a yearly change can be carried in by hand",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_changes", ("monthly",), 0.3, "a document store takes a monthly change at once", s.NOVA
        ),
        Criterion(
            "knowledge_changes",
            ("weekly",),
            1.2,
            "facts that change weekly belong in a store, however much training data there is",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("daily",),
            1.6,
            "facts that change daily belong in a store, however much training data there is",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_changes",
            ("realtime",),
            1.9,
            "only a look-up sees facts that change during the day",
            s.CHANGING_FACTS,
        ),
        Criterion(
            "knowledge_size",
            ("none",),
            -2.5,
            "there is nothing to look up: the input holds everything",
            s.DEVDAY,
        ),
        Criterion(
            "knowledge_size",
            ("up_to_500_pages",),
            -0.6,
            "under 200,000 tokens the whole text fits in a cached prompt",
            s.ANTHROPIC_CONTEXT,
        ),
        Criterion(
            "knowledge_size",
            ("500_to_10000_pages", "over_10000_pages"),
            0.9,
            "a large body of text is searched, not memorised; rare facts gain most",
            s.SOUDANI,
        ),
        Criterion(
            "knowledge_size",
            ("over_5_million_pages",),
            0.6,
            "so much text can be searched piece by piece",
            s.SOUDANI,
        ),
        Criterion(
            "source_duties", ("none",), -0.2, "nothing has to be cited, hidden or deleted", s.SOURCE_DUTIES
        ),
        Criterion(
            "source_duties",
            ("citations", "access_or_deletion"),
            1.6,
            "citing, hiding or deleting a fact needs it outside the model",
            s.SOURCE_DUTIES,
        ),
        Criterion(
            "source_duties",
            ("no_training",),
            0.8,
            "looking facts up leaves the client's data untrained",
            s.SOURCE_DUTIES,
        ),
        Criterion(
            "labelled_examples", ("none", "under_50"), 0.3, "retrieval needs documents, not examples", s.NOVA
        ),
        Criterion(
            "labelled_examples",
            ("n_1000_9999", "n_10000_plus"),
            -0.1,
            "so many examples can teach more than looking up similar ones",
            s.LORA_LAND,
        ),
        Criterion(
            "requests_per_month", ("over_1m",), -0.2, "looked-up passages about doubled the tokens", s.NOVA
        ),
        Criterion("latency", ("under_1s",), -0.5, "searching comes before answering", s.NOVA),
        Criterion(
            "requirements",
            ("under_1_month",),
            0.2,
            "documents and instructions can be exchanged at any time",
            s.MOVING_TARGET,
        ),
    ),
    gates=(
        Gate(
            "task_kind",
            ("not_language",),
            "documents do not compute forecasts, rankings or schedules",
            s.TREES,
        ),
    ),
    first_step="Collect 50 real questions with the passage that answers each; measure search before answers.",
    risks=(
        "Search misses the passage and the answer sounds right all the same: measure the two apart.",
        "Documents contradict each other: name an owner for each source.",
        "Passages can carry instructions from outsiders: treat them as untrusted text.",
    ),
)
