"""Words that turn a comparison into a decision, with the plan's own defaults."""

from advisor.engagement.records.plan import Plan

from .._kind import Block, Entry, Line, Subject

DEFAULTS = Plan(arms=[], instruction="")

SUBJECT = Subject(
    name="decision",
    entries=(
        Entry(
            name="decision_rule",
            title="decision rule (what counts as a win, agreed beforehand)",
            what="Metric, minimum effect, margin, arms, comparisons and seeds, as they stand in `plan.toml` "
            "before any number is seen.",
            paragraphs=(
                "It is fixed at the first prediction. What is changed afterwards is shown in the report as a "
                "deviation, with the old and the new value.",
            ),
            see_also=("minimum_effect", "margin", "verdict", "seed"),
            aliases=("plan", "pre-registration", "win"),
        ),
        Entry(
            name="minimum_effect",
            title="minimum effect (the smallest difference worth paying for)",
            what="A gain below it does not repay what it takes, even if it is certain.",
            paragraphs=(
                f"The plan's default is {100 * DEFAULTS.minimum_effect:g} points. Set it from money: what is "
                "one point worth in a year, and what would the better system cost?",
                "To win by being better, an arm must be shown to be better than the baseline, and its gain "
                "must be at least this large.",
            ),
            see_also=("minimum_detectable_difference", "margin", "break_even_accuracy"),
            aliases=("minimum worthwhile effect", "smallest effect", "effect size", "effect"),
        ),
        Entry(
            name="margin",
            title="margin (how much worse is still as good)",
            what="An arm counts as not worse if the interval of its difference stays above minus the margin.",
            paragraphs=(
                f"The plan's default is {100 * DEFAULTS.margin:g} points. It lets a cheaper arm win where it "
                "gives up next to nothing.",
                "Not worse is a finding and needs rows. A difference that was not shown is no proof that "
                "there is none.",
            ),
            see_also=("minimum_effect", "comparison_words", "tie"),
            aliases=("non-inferiority", "noninferiority", "equivalence"),
        ),
        Entry(
            name="comparison_words",
            title="better, worse, not worse, not shown to differ",
            what="The four words for a difference between two arms. Each has one meaning in every report.",
            blocks=(
                Block(
                    "The words",
                    (
                        Line("better", "adjusted p below 0.05, and the interval lies above 0"),
                        Line("worse", "adjusted p below 0.05, and the interval lies below 0"),
                        Line("not worse", "neither, and the interval stays above minus the margin"),
                        Line("not shown to differ", "none of these: too few rows to tell"),
                    ),
                ),
            ),
            paragraphs=(
                "The interval is that of the difference on the same rows. The p-value is adjusted for the "
                "number of comparisons.",
            ),
            see_also=("confidence_interval", "holm", "margin", "verdict"),
            aliases=("better", "worse", "not worse", "not shown to differ", "words"),
        ),
        Entry(
            name="verdict",
            title="verdict (what the evidence says of the advice)",
            what="One of four words that compares the winner of a measured comparison with what was advised.",
            blocks=(
                Block(
                    "The four",
                    (
                        Line("confirmed", "the winner belongs to the advised approach"),
                        Line("overturned", "it belongs to another; floor and classical count as another"),
                        Line("inconclusive", "there is no winner"),
                        Line("no_advice", "nothing had been advised"),
                    ),
                ),
            ),
            paragraphs=(
                "The winner is the best arm that is better than the baseline by the minimum effect, or a "
                "cheaper one that is not worse than it. Without such a gain nothing dearer than the baseline "
                "wins.",
                "With --check, `tunecase compare` ends with exit code 4 unless the verdict is confirmed.",
            ),
            see_also=("comparison_words", "minimum_effect", "inconclusive", "exit_4"),
            aliases=("winner", "confirmed", "overturned", "no_advice"),
        ),
        Entry(
            name="inconclusive",
            title="inconclusive (these rows cannot tell)",
            what="No arm is shown to be worth its price, and none is shown to be as good as the best.",
            paragraphs=(
                "It is a result, and not the same as equal. The verdict names the number of held-out rows "
                "that would settle it, where one can be computed.",
                "Until then take the cheapest arm, and go on collecting labelled rows.",
            ),
            see_also=("verdict", "minimum_detectable_difference", "tie"),
            aliases=("not decided", "undecided"),
        ),
        Entry(
            name="tie",
            title="tie (too close to name one)",
            what="In the advice: two approaches are so close that one answer could swap them. In a "
            "comparison: arms that are not worse than each other.",
            paragraphs=(
                "A tie is said, not hidden behind a first place. Begin with the cheaper one and measure.",
                "`tunecase advise` lists the single answers that would break it, and what is worth finding "
                "out.",
            ),
            see_also=("margin", "flip", "inconclusive"),
            aliases=("ties", "tied", "draw"),
        ),
    ),
)
