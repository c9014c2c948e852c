"""Words around how sure a number is."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="statistics",
    entries=(
        Entry(
            name="confidence_interval",
            title="confidence interval (how far the number may be off)",
            what="A range around a measured number. A method that gives 95 % intervals covers the true value "
            "in 95 of 100 studies.",
            paragraphs=(
                "Its width falls with the square root of the number of rows: four times as many rows, half "
                "the width. 80 % of 100 rows is about 71 to 87 %, of 400 rows about 76 to 84 %.",
                "It covers the luck of which rows were drawn. It does not cover rows unlike production, or "
                "wrong labels.",
                "tunecase uses Wilson's interval for shares, Student's t for graded scores, and resampling "
                "for macro-F1.",
            ),
            see_also=("minimum_detectable_difference", "paired_comparison", "held_out"),
            aliases=("interval", "intervals", "ci", "95 %", "uncertainty", "error bar"),
        ),
        Entry(
            name="paired_comparison",
            title="paired comparison (the same rows for both)",
            what="Two arms answer the same rows, and the difference is taken row by row. Easy and hard rows "
            "cancel out, so fewer rows show the same difference.",
            paragraphs=(
                "Two arms with overlapping intervals can differ clearly when paired. Read the interval of "
                "the difference, not the two intervals side by side.",
                "For right-or-wrong scores only the rows count that one arm got right and the other wrong: "
                "fixed and broken ones.",
            ),
            see_also=("mcnemar", "confidence_interval", "verdict"),
            aliases=("paired", "paired test", "difference", "discordant", "fixed and broken"),
        ),
        Entry(
            name="p_value",
            title="p-value (would chance do as much?)",
            what="How often chance alone would give a difference at least as large, if the two arms were "
            "equally good.",
            paragraphs=(
                "Small means hard to explain by chance. It does not say how large the difference is, nor "
                "how likely it is to be real; the interval and the minimum effect speak of size.",
            ),
            see_also=("mcnemar", "holm", "minimum_effect"),
            aliases=("p", "significance", "significant", "statistical significance"),
        ),
        Entry(
            name="mcnemar",
            title="McNemar's test (fixed against broken)",
            what="For two arms that are right or wrong on the same rows: if they were equally good, each row "
            "on which they differ would fall either way like a coin.",
            paragraphs=(
                "With 20 rows fixed and 8 broken, the exact test asks how often 28 tosses fall 20 to 8 or "
                "worse: about 4 times in 100. Rows that both got right or both got wrong say nothing.",
                "Scores that are not right or wrong are tested by flipping the signs of the differences at "
                "random; macro-F1 by resampling rows.",
            ),
            see_also=("paired_comparison", "p_value", "holm"),
            aliases=("mcnemar test", "exact mcnemar", "mcnemars test", "permutation test", "bootstrap"),
        ),
        Entry(
            name="holm",
            title="Holm's correction (many comparisons, one promise)",
            what="With ten comparisons one of them is likely to look good by chance. Holm's correction "
            "raises the p-values so that all of them together err in at most 5 % of studies.",
            paragraphs=(
                "The smallest p-value is multiplied by the number of comparisons, the next by one less, and "
                "so on. Fewer arms in the plan means a smaller correction: drop those nobody would buy.",
            ),
            see_also=("p_value", "arm", "decision_rule"),
            aliases=("holm correction", "holms correction", "bonferroni", "multiple comparisons"),
        ),
        Entry(
            name="slice",
            title="slice (some of the held-out rows)",
            what="Rows that share a label, a quarter of the lengths, a language, a script, `meta.group` or "
            "`meta.source`. `tunecase compare` tests each arm against the baseline on every slice of 20 rows "
            "or more.",
            paragraphs=(
                "Slices are for exploring: they were not agreed before the run and never reach the verdict. "
                "Their p-values are corrected over all slices and arms together (Benjamini and Hochberg "
                "1995): of the slices called better or worse, about 5 % are chance.",
                "A slice that looks bad is a question for the next data, not an answer from these. To decide "
                "by it, put its rows into a test split of their own and agree on that first.",
            ),
            see_also=("holm", "p_value", "verdict"),
            aliases=(
                "slices",
                "subgroup",
                "subgroups",
                "segment",
                "benjamini hochberg",
                "false discovery rate",
            ),
        ),
        Entry(
            name="minimum_detectable_difference",
            title="minimum detectable difference (what these rows can show)",
            what="The smallest true difference that a test with this many rows finds in four of five "
            "studies.",
            paragraphs=(
                "It is fixed by the number of held-out rows and by how often the two arms differ. `tunecase "
                "plan` shows it before anything is spent.",
                "If it is larger than the minimum effect, the comparison may end inconclusive although one "
                "arm is better: collect more held-out rows first. Half the difference takes about four times "
                "the rows.",
            ),
            see_also=("minimum_effect", "inconclusive", "held_out"),
            aliases=("power", "statistical power", "mde", "sample size", "minimum detectable effect"),
        ),
    ),
)
