"""Words around the examples."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="data",
    entries=(
        Entry(
            name="labelled_examples",
            title="labelled examples (how many it takes)",
            what="Inputs with an output that somebody has approved. Their number decides whether training is "
            "on the table, their quality whether it helps.",
            paragraphs=(
                "Under 50, prompt. From 50 to 99, a trial at most. Hundreds for labels and fields, thousands "
                "for free text, ten thousand or more for answering from passages.",
                "They must show the wanted output. A model learns what it is shown, mistakes and habits "
                "included.",
                "Quality first: dropping the worst third may help more than doubling the rest.",
            ),
            figures=(
                Figure("Fewer than 10 are refused; 50 to 100 usually show an effect.", s.OPENAI_DATA),
                Figure("Start with 100 and go on to thousands; quality counts far more.", s.GEMINI),
                Figure(
                    "With 200 to 500 labels small tuned models reached 0.92, large prompted ones 0.87; after "
                    "that the gain levels off.",
                    s.ENCODERS,
                ),
                Figure("About 500 labels per class were needed.", "Stripe, in the ZenML LLMOps Database"),
                Figure("1,500 examples of uneven quality were too few.", s.CANVA),
                Figure("For answering from passages 2,000 were too few, 10,000 or more are advised.", s.RAFT),
                Figure("Quality still rose from 10,000 to 75,000.", "Replit, in the ZenML LLMOps Database"),
            ),
            see_also=("examples_fit", "agreement", "few_shot", "held_out"),
            aliases=("examples", "training data", "how much data", "labels"),
        ),
        Entry(
            name="agreement",
            title="data agreement (do reviewers say the same?)",
            what="How often two people, apart from each other, give the same case the same verdict. No model "
            "can be shown to be better than its reviewers agree.",
            paragraphs=(
                "Give the same 50 cases to two reviewers and count equal verdicts. Settle the differences "
                "and write the rule down: that is the cheapest improvement of any data set.",
                "With few labels much agreement is luck. Cohen's kappa takes luck off: 0 is chance, 1 is "
                "complete agreement.",
                "Where reviewers agree in fewer than three of four cases, first agree on what good is.",
            ),
            figures=(
                Figure("Dropping 30 % of the data improved the result.", s.ZURU),
                Figure(
                    "140,000 chat messages taught a model to answer like a colleague, not to do the work.",
                    s.DEVDAY,
                ),
            ),
            see_also=("labelled_examples", "success_measure", "leakage"),
            aliases=(
                "data agreement",
                "reviewer agreement",
                "inter-annotator agreement",
                "kappa",
                "label quality",
            ),
        ),
        Entry(
            name="duplicates",
            title="duplicates and contradictions",
            what="Rows that repeat another row's input, with the same output or with a different one.",
            paragraphs=(
                "Repeats make a data set look larger than it is. `tunecase check` keeps them in one split, "
                "so that no row is learned in one and judged in another.",
                "Rows with the same input and different outputs cannot all be answered rightly. `tunecase "
                "check` lists their lines; ask the data owner which one holds.",
            ),
            see_also=("leakage", "held_out", "agreement"),
            aliases=("duplicate", "near-duplicates", "conflict", "conflicts", "contradictions"),
        ),
    ),
)
