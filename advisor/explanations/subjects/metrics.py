"""What each metric of labels and short answers counts, when it misleads, and an example."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="metrics",
    entries=(
        Entry(
            name="accuracy",
            title="accuracy",
            kind="metric",
            what="The share of rows whose label is the right one, letter for letter.",
            paragraphs=(
                "Easy to say to a client, and misleading where one label is frequent: with 90 % of messages "
                "in one queue, a constant answer is 90 % right. Read it beside the floor and macro-F1.",
            ),
            see_also=("macro_f1", "floor", "break_even_accuracy"),
            aliases=("share right", "percent right"),
        ),
        Entry(
            name="macro_f1",
            title="macro-F1",
            kind="metric",
            what="F1 is computed for each label and averaged, so that a rare label counts as much as a "
            "frequent one.",
            paragraphs=(
                "F1 of a label joins two questions: of the rows given this label, how many deserve it "
                "(precision); and of the rows that deserve it, how many got it (recall). It is their "
                "harmonic mean, and low if either is low.",
                "A rare label with five rows moves it a great deal: look at the interval. Labels that occur "
                "neither among targets nor among outputs do not count.",
            ),
            see_also=("accuracy", "token_f1", "confidence_interval"),
            aliases=("f1", "f1 score", "precision", "recall", "macro f1"),
        ),
        Entry(
            name="mcc",
            title="Matthews correlation",
            kind="metric",
            what="How far outputs and targets go together: 1 for always right, 0 for a constant answer or "
            "chance, below 0 for worse than chance.",
            paragraphs=(
                "It cannot be raised by naming the most frequent label, so it suits skewed labels where "
                "accuracy flatters: with 90 % of messages in one queue, a constant answer has an accuracy of "
                "0.9 and a Matthews correlation of 0.",
                "It is one number over all rows, so its intervals come from drawing rows anew. For more than "
                "two labels it is Gorodkin's form of it (2004), as in scikit-learn.",
            ),
            see_also=("accuracy", "macro_f1", "floor"),
            aliases=("matthews", "phi coefficient"),
        ),
        Entry(
            name="exact_match",
            title="exact match",
            kind="metric",
            what="1 if the output equals the target apart from case and blanks, else 0; the mean over rows.",
            paragraphs=(
                '"12 %" does not match "12", and "on Monday" does not match "Monday": it suits short answers '
                "with one spelling, such as codes and names.",
                "A low score beside a high token F1 means that the content is right and the form is not.",
                "Where a row names further right outputs in meta.references, the closest one counts; so it "
                "does for normalised match, token F1, chrF++ and ROUGE-L.",
            ),
            see_also=("token_f1", "structured_output"),
            aliases=("em", "exact"),
        ),
        Entry(
            name="normalised_match",
            title="normalised exact match",
            kind="metric",
            what="Exact match that forgives how a short answer is written: case, punctuation, the articles "
            "a, an and the, and the spelling of numbers do not count.",
            paragraphs=(
                '"The Denver Broncos." matches "denver broncos", and "1,200.0" matches "$1200". "12 %" still '
                'does not match "12", and "-3" does not match "3".',
                "It is the exact match of the SQuAD benchmark, apart from the numbers. Measured where "
                "outputs have twelve words or fewer on average and are neither JSON nor calls.",
            ),
            see_also=("exact_match", "token_f1"),
            aliases=("squad em", "normalised em", "normalized exact match"),
        ),
        Entry(
            name="token_f1",
            title="token F1",
            kind="metric",
            what="How far the words of output and target overlap, order aside: from 0, no word in common, to "
            "1, the same words.",
            paragraphs=(
                'Output "the red car", target "red car": two of three words are wanted, both wanted words '
                "are there, F1 is 0.8.",
                'It does not see meaning: "not paid" and "paid" share half of their words. Read some '
                "outputs besides.",
            ),
            see_also=("exact_match", "chrf", "macro_f1"),
            aliases=("word overlap", "squad f1"),
        ),
    ),
)
