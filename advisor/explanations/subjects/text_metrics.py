"""What each metric of running text counts, when it misleads, and an example."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="text_metrics",
    entries=(
        Entry(
            name="chrf",
            title="chrF++",
            kind="metric",
            what="How far short runs of letters, single words and pairs of words of output and target "
            "overlap; recall counts more than precision.",
            paragraphs=(
                "It forgives endings and compounds that word metrics punish, so it suits translation and "
                "languages with many word forms.",
                "A number means little by itself: compare arms on the same rows. It is the mean over rows, "
                "while papers pool all rows, so it is not the figure of a publication: corpus chrF++ is.",
                "Case counts, blanks do not. Like all overlap it does not see a wrong fact in the right "
                "wording.",
            ),
            see_also=("corpus_chrf", "rouge_l", "token_f1"),
            aliases=("character f-score", "chr-f", "chrf++", "character n-grams"),
        ),
        Entry(
            name="corpus_chrf",
            title="corpus chrF++",
            kind="metric",
            what="chrF++ with the counts of all rows pooled, as publications give it, divided by 100.",
            paragraphs=(
                "Long rows weigh more than short ones, unlike in the mean over rows.",
                "No single row has a score, so its intervals come from drawing rows anew, the same rows for "
                "both arms of a difference. Measured where outputs are running text of four words or more.",
            ),
            see_also=("chrf", "bleu", "confidence_interval"),
            aliases=("pooled chrf",),
        ),
        Entry(
            name="bleu",
            title="BLEU",
            kind="metric",
            what="Which share of the runs of one to four words in the outputs also stands in their targets, "
            "pooled over all rows, with a penalty where outputs are too short.",
            paragraphs=(
                "Translation has been measured by it since 2002, so it is here for continuity. chrF++ agrees "
                "better with human judgement, most of all for languages with many word forms.",
                "It is that of sacrebleu with one target a row, divided by 100, unless rows name others in "
                "meta.references. Figures from several references are higher, and so are figures from other "
                "ways of cutting words: do not set them beside it.",
                "No single row has a score, so its intervals come from drawing rows anew. Measured where "
                "outputs are running text of four words or more.",
            ),
            see_also=("corpus_chrf", "chrf", "rouge_l"),
            aliases=("sacrebleu", "bleu score", "bleu-4"),
        ),
        Entry(
            name="judge",
            title="wins by a judge",
            kind="metric",
            what="How often a model finds the output better than the one it is held against: the wanted "
            "output, or that of another arm. A tie counts half, so 50 of 100 means no preference.",
            paragraphs=(
                "Each pair is shown in both orders, because models favour a place. A decision that turns "
                "with the order is a tie, and how many do is said after the table: with many of them the "
                "judge cannot tell the answers apart.",
                "Held against the wanted outputs, weak arms all lose, and their differences vanish: set "
                "against under [judge] to a prompting arm to see which one gains.",
                "A judge also favours long answers and its own wording. Take one from another family than "
                "the arms, a fixed version, and check it: preference pairs of people in the engagement are "
                "put to it too, and agreement is given with kappa. 30 pairs say little, 100 are better.",
                "Outputs that were cut at the limit, or that are empty, lose without being asked about. The "
                "rows are sent to the server that base_url names, unless the answers keep them in.",
            ),
            see_also=("chrf", "style", "agreement", "truncated"),
            aliases=("llm judge", "llm-as-a-judge", "pairwise comparison", "win rate", "preference"),
        ),
        Entry(
            name="rouge_l",
            title="ROUGE-L",
            kind="metric",
            what="The longest sequence of words that output and target share in the same order, gaps "
            "allowed, as F1.",
            paragraphs=(
                'Output "the cat sat on the mat", target "the cat lay on a mat": four words are shared in '
                "order, of six on either side, so it is 0.67.",
                "It is the usual measure of summaries. It counts wording, not facts: a summary that turns "
                "one number around loses next to nothing. Read some outputs besides.",
                "Words are compared without case and endings count. Measured where outputs are running text "
                "of four words or more.",
            ),
            see_also=("token_f1", "chrf", "bleu"),
            aliases=("rouge", "rougel", "longest common subsequence"),
        ),
    ),
)
