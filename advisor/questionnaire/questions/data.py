"""Which examples exist, whether they show what is wanted, and whether they may be used."""

from .._kind import Option, Question, Section, ShownWhen

SOME = ("under_50", "n_50_99", "n_100_999", "n_1000_9999", "n_10000_plus")

SECTION = Section(
    name="data",
    title="Data",
    order=4,
    questions=(
        Question(
            id="labelled_examples",
            text="How many inputs with an approved output exist or can be made?",
            why="Below 50 there is nothing to learn from; hundreds change the picture.",
            how_to_find_out="Count checked rows per task, not raw logs; add what a month can produce.",
            who="data owner",
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
            who="subject expert",
            options=(
                Option("9_or_more", "9 or 10: curated, verified or written by experts", 2.0),
                Option("5_to_8", "5 to 8: right kind of text, uneven quality", 2.0),
                Option("under_5", "fewer than 5: another kind of text or task than the wanted one", 0.15),
            ),
            shown_when=ShownWhen("labelled_examples", SOME),
        ),
        Question(
            id="agreement",
            text="How often do two reviewers give a case the same verdict?",
            why="Nothing can be learned beyond what reviewers agree on.",
            how_to_find_out="Give the same 50 cases to two reviewers and count equal verdicts.",
            who="subject expert",
            options=(
                Option("over_90", "in more than 9 of 10 cases"),
                Option("75_to_90", "in 75-90 % of cases", 2.0),
                Option("under_75", "in fewer than 75 % of cases", 0.4),
            ),
        ),
        Question(
            id="preference_pairs",
            text="How many pairs of a better and a worse output exist?",
            why="Where several outputs are right, comparisons say more than single answers.",
            how_to_find_out="Look for edits of drafts, thumbs up and down, or review decisions.",
            who="data owner",
            options=(
                Option("none", "none", 6.0),
                Option("under_1000", "1-999"),
                Option("n_1000_9999", "1,000-9,999", 0.5),
                Option("n_10000_plus", "10,000 or more", 0.3),
            ),
        ),
        Question(
            id="unlabelled_text",
            text="How much unlabelled text of the domain may be used?",
            why="From a billion tokens on, a model can be taught a language or a domain.",
            how_to_find_out="Add up file sizes; four bytes of English are about one token.",
            who="data owner",
            options=(
                Option("under_10m", "less than 10 million tokens (25,000 pages)", 5.0),
                Option("10m_to_1b", "10 million to 1 billion tokens", 2.0),
                Option("over_1b", "1 billion tokens or more, or all of a large firm's archive", 0.2),
            ),
        ),
        Question(
            id="may_learn",
            text="May a model be changed with this data?",
            why="A licence, contract or law can bar it.",
            how_to_find_out="Ask legal about contracts, consent and the licence of each source.",
            who="legal",
            options=(
                Option("yes", "yes", 5.0),
                Option("disguised", "only with records made up or names removed"),
                Option("no", "no: a contract, licence or law bars it", 0.4),
            ),
        ),
    ),
)
