"""Words of the advice itself."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="reasoning",
    entries=(
        Entry(
            name="log_odds",
            title="log-odds (the weight of a reason)",
            what="Each answer adds a number to each approach. Adding 0.7 doubles its odds, 2.3 makes them "
            "ten times as high; a negative number lowers them alike.",
            paragraphs=(
                "Odds are chances for against chances against: 3 to 1 is 75 %. On this scale reasons can be "
                "added one after the other, and each can be said aloud.",
                "The weights are our reading of published sources, calibrated on published cases so that "
                "answers that overlap do not count twice. An assumed answer counts for less than a known "
                "one.",
                "The sums become shares that add up to 100 %, with some doubt kept back: the confidence.",
            ),
            see_also=("criterion", "confidence", "certainty", "calibration"),
            aliases=("logodds", "odds", "weight", "weights", "softmax"),
        ),
        Entry(
            name="criterion",
            title="criterion and gate (why an answer counts)",
            what="A criterion says which answers speak for or against something, how strongly, why, and "
            "where that is published. A gate rules something out.",
            paragraphs=(
                "`tunecase explain rag` lists those of one approach, `tunecase explain knowledge_changes` "
                "what each answer to a question moves.",
                "Where nothing is published, the source says that it is our inference.",
            ),
            see_also=("log_odds", "certainty", "flip"),
            aliases=("criteria", "gate", "gates", "reason", "reasons", "source", "sources"),
        ),
        Entry(
            name="certainty",
            title="certainty (known, assumed, unknown)",
            what="How sure an answer is. Known: somebody said or measured it. Assumed: it follows from what "
            "was said. Unknown: nobody knows yet.",
            paragraphs=(
                "An assumed answer counts for less. An unknown one counts as the average over its possible "
                "answers; it lowers the confidence and comes back as something to find out.",
                "In `answers.toml` each answer has a certainty and a note; write into the note who said it.",
            ),
            see_also=("confidence", "flip", "criterion"),
            aliases=("known", "assumed", "unknown", "note"),
        ),
        Entry(
            name="confidence",
            title="confidence (the share of the first place)",
            what="The share that the recommended approach has of all five, from the answers and their "
            "weights.",
            paragraphs=(
                "It falls with answers that contradict each other and with unknown ones. It is an opinion "
                "with reasons; a measured comparison outranks it.",
            ),
            see_also=("log_odds", "calibration", "tie", "verdict"),
            aliases=("probability", "ranking"),
        ),
        Entry(
            name="flip",
            title="flip (one answer that would change the advice)",
            what="A single other answer under which another approach would come first.",
            paragraphs=(
                "Few flips mean firm advice. A flip on an unknown or assumed answer is the first thing to "
                "find out.",
                "`tunecase advise --what-if knowledge_changes=daily` tries one without saving it.",
            ),
            see_also=("certainty", "tie", "confidence"),
            aliases=("flips", "what-if", "what if", "what would change it", "sensitivity"),
        ),
        Entry(
            name="calibration",
            title="calibration (do the percentages come true?)",
            what="Of all statements made with 80 % confidence, 80 % should turn out right. Too many wrong is "
            "overconfidence, too few is false modesty.",
            paragraphs=(
                "It is a property of many cases and cannot be seen in one. Collect verdicts of finished "
                "engagements to check the advice.",
                "In a comparison the word has a second meaning: a prompted model leans towards some labels "
                "whatever the input says. The leaning is measured on validation rows and taken off, if that "
                "raises accuracy there.",
            ),
            see_also=("confidence", "log_odds", "validation"),
            aliases=("calibrated", "label calibration", "batch calibration", "overconfidence"),
        ),
    ),
)
