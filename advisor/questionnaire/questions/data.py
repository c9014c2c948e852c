"""Which examples exist, and whether they show what is wanted."""

from .._kind import Option, Question, Section, ShownWhen

SECTION = Section(
    name="data",
    title="Data",
    order=4,
    questions=(
        Question(
            id="labelled_examples",
            text="How many inputs with an approved output exist?",
            why="Below 50 there is nothing to learn from; hundreds change the picture.",
            how_to_find_out="Count rows in the export that somebody has checked; leave duplicates out.",
            core=True,
            options=(
                Option("none", "none"),
                Option("under_50", "1-49"),
                Option("n_50_99", "50-99"),
                Option("n_100_999", "100-999"),
                Option("n_1000_9999", "1,000-9,999"),
                Option("n_10000_plus", "10,000 or more"),
            ),
        ),
        Question(
            id="examples_fit",
            text="How many of ten examples would reviewers accept as they are?",
            why="Examples teach what they show, wanted or not.",
            how_to_find_out="Draw ten at random and let two reviewers accept or reject each.",
            options=(
                Option("9_or_more", "9 or 10"),
                Option("5_to_8", "5 to 8"),
                Option("under_5", "fewer than 5, or they are another kind of text", 0.3),
            ),
            shown_when=ShownWhen(
                "labelled_examples", ("under_50", "n_50_99", "n_100_999", "n_1000_9999", "n_10000_plus")
            ),
        ),
        Question(
            id="preference_pairs",
            text="How many pairs of a better and a worse output exist?",
            why="Where several outputs are right, comparisons say more than single answers.",
            how_to_find_out="Look for edits of drafts, thumbs up and down, or review decisions.",
            options=(
                Option("none", "none", 3.0),
                Option("under_1000", "1-999"),
                Option("1000_or_more", "1,000 or more"),
            ),
        ),
    ),
)
