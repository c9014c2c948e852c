"""Words around an honest test."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="measurement",
    entries=(
        Entry(
            name="held_out",
            title="held-out rows (the test split)",
            what="Rows that nobody and nothing has learned or chosen from. Only they say how a system will "
            "do on inputs it has not seen.",
            paragraphs=(
                "`tunecase check` freezes them: about one row in five, each label in its share, repeats kept "
                "together. Rows that the client has set aside can be given with --test.",
                "They are read once, by the final scoring. Every choice made with their help makes the "
                "number look better than it is.",
                "How small a difference they can show depends on how many there are.",
            ),
            see_also=("validation", "leakage", "minimum_detectable_difference", "success_measure"),
            aliases=("test split", "test set", "holdout", "held out", "split", "splits", "evaluation set"),
        ),
        Entry(
            name="validation",
            title="validation rows (for choices)",
            what="Rows set aside for making choices: which examples stand in the prompt, which setting, "
            "which arm is the baseline.",
            paragraphs=(
                "A choice among many by few rows is partly luck, so the winner's validation score is too "
                "high. Held-out rows tell the truth afterwards.",
            ),
            see_also=("held_out", "baseline", "overfitting"),
            aliases=("validation split", "validation set", "dev set", "development set"),
        ),
        Entry(
            name="leakage",
            title="leakage (held-out rows that were seen)",
            what="Something of the held-out rows reaches the model before the test, so that the score "
            "measures memory.",
            paragraphs=(
                "The usual ways: the same input in two splits; letters of one customer on both sides; a "
                "field that gives the answer away; examples in the prompt drawn from the test.",
                "`tunecase check` removes training rows whose input, apart from case and blanks, is held "
                "out, and names their lines. What is the same in other words needs a person's eye.",
            ),
            see_also=("held_out", "duplicates", "validation"),
            aliases=("leak", "data leak", "data leakage", "contamination"),
        ),
        Entry(
            name="baseline",
            title="baseline (what has to be beaten)",
            what="The arm that the others are compared with: the best of the prompting arms on validation "
            "rows, settled before held-out rows are read.",
            paragraphs=(
                "A gain over a weak baseline is no gain. Beside it, every comparison has a floor and, where "
                "there are labels, a classical model: if one of these wins, the report says so.",
            ),
            figures=(
                Figure("On tables of about 10,000 rows tree models lead.", s.TREES),
                Figure("98 % of the traffic stays on logistic regression.", s.CHECKR),
                Figure(
                    "About 80 % of requests are settled by business rules.",
                    "Picnic, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("floor", "classical", "simpler_method", "minimum_effect"),
            aliases=("baselines", "reference arm"),
        ),
        Entry(
            name="floor",
            title="floor (the score of no thought at all)",
            what="What one gets for the same answer every time. A system near its floor has learned nothing, "
            "however high the number is.",
            paragraphs=(
                "If 90 % of messages belong to one queue, 90 % right is the floor. Always read a score "
                "beside it, and look at macro-F1 where labels are uneven.",
            ),
            see_also=("baseline", "macro_f1", "accuracy"),
            aliases=("chance level", "majority class"),
        ),
        Entry(
            name="arm",
            title="arm (one option of a comparison)",
            what="Something that answers every held-out row under the same rules: a floor, a classical "
            "model, a prompt, a trained model.",
            paragraphs=(
                "An approach is what one recommends, a technique how one would train, an arm what is run to "
                "test it. One arm over one split is a run, with a folder of its own under `runs/`.",
                "An arm with more than 2 % failed requests is not ranked; the report shows the best and "
                "worst that it could be.",
            ),
            see_also=("baseline", "verdict", "paired_comparison"),
            aliases=("arms", "run", "runs", "contrast"),
        ),
        Entry(
            name="seed",
            title="seed (the number chance starts from)",
            what="It fixes everything random in a training or a draw, so that the same seed gives the same "
            "result.",
            paragraphs=(
                "Another seed gives a slightly different model. With --seeds 3 each trained arm is trained "
                "three times, and each row counts with the mean of its three scores.",
                "Picking the best of several seeds by held-out rows is cheating by luck.",
            ),
            see_also=("confidence_interval", "checkpoint", "held_out"),
            aliases=("seeds", "random seed"),
        ),
    ),
)
