"""Words of the comparison report beside the scores: what was found, what may run alone, what is worth it."""

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="measured_words",
    entries=(
        Entry(
            name="recall_at_k",
            title="recall@k and hit@k (was the right document found?)",
            what="Recall@k is the share of the wanted documents among the first k that search brings; hit@k "
            "is the share of questions with at least one of them there.",
            paragraphs=(
                "Where each question has one wanted document the two are equal. An answer cannot rest on "
                "what was not found: hit@k is a ceiling for the arms that retrieve, at k passages.",
                "It needs rows that name their documents (`gold_doc_ids`). If it is low, mend search before "
                "the prompt; if it is high and answers are wrong, mend the prompt or the model.",
            ),
            see_also=("ndcg", "rag", "chunking", "reranker"),
            aliases=("recall@k", "hit@k", "hit rate", "recall@5", "hit@5", "search recall"),
        ),
        Entry(
            name="ndcg",
            title="nDCG and MRR (how high it stands in the list)",
            what="Both reward a wanted document that stands high: nDCG@10 over the first ten with all wanted "
            "documents, MRR by one over the place of the first.",
            paragraphs=(
                "They decide between two searches that find the same. A reranker moves them, and leaves "
                "recall at its own depth as it was.",
            ),
            see_also=("recall_at_k", "reranker"),
            aliases=("mrr", "mean reciprocal rank", "normalised discounted cumulative gain"),
        ),
        Entry(
            name="automation_share",
            title="automation share (what may go out unread)",
            what="The share of inputs whose answers are sure enough that, of those, at least the required "
            "share is right.",
            paragraphs=(
                "The threshold is chosen on validation rows, share and precision are counted on held-out "
                "rows. A level holds only where the exact lower bound of the precision reaches it, so few "
                "rows promise little.",
                "It is often a better offer than one score: half of the work alone and right 98 times of "
                "100, the other half to people.",
            ),
            see_also=("calibration", "brier_score", "break_even_accuracy"),
            aliases=("automation", "risk-coverage", "selective prediction", "coverage", "straight-through"),
        ),
        Entry(
            name="brier_score",
            title="Brier score (how good the probabilities are)",
            what="The mean squared error of the probabilities of all labels: 0 is best, 2 is sure and wrong "
            "every time.",
            paragraphs=(
                "It falls with better answers and with more honest confidence, so compare it before and "
                "after the temperature on the same answers.",
            ),
            see_also=("calibration", "softmax_temperature", "automation_share"),
            aliases=("brier",),
        ),
        Entry(
            name="softmax_temperature",
            title="temperature of calibration (taking confidence back)",
            what="One number that all log-probabilities are divided by before they become shares; above 1 it "
            "makes a model less sure, below 1 more.",
            paragraphs=(
                "It is fitted on validation rows and changes no answer, since the order of the labels stays.",
            ),
            figures=(
                Figure(
                    "A single temperature mended the confidence of deep networks about as well as methods "
                    "with many parameters.",
                    "Guo et al. 2017, arXiv 1706.04599",
                ),
            ),
            see_also=("calibration", "brier_score"),
            aliases=("temperature scaling", "temperature"),
        ),
        Entry(
            name="frontier",
            title="frontier of cost and quality (what is worth its price)",
            what="The options that no other one beats in both: nothing cheaper is as good, nothing better is "
            "as cheap.",
            paragraphs=(
                "What lies off it has a better neighbour, unless the intervals overlap: being on the "
                "frontier by half a point is no reason to choose.",
            ),
            see_also=("break_even", "minimum_effect"),
            aliases=("pareto", "pareto frontier", "cost-quality", "efficient frontier"),
        ),
        Entry(
            name="learning_curve",
            title="learning curve (would more rows help?)",
            what="The score of one trained arm on an eighth, a quarter, half and all of the training rows, "
            "with a curve through it that is followed to twice the rows.",
            paragraphs=(
                "Beyond twice the rows nothing is predicted. Where the band is wide the floor of the error "
                "cannot be told yet; label a part of the rows that are asked for and measure again.",
            ),
            figures=(
                Figure(
                    "Error fell as a power of the number of training rows in translation, language models, "
                    "images and speech, down to a floor.",
                    "Hestness et al. 2017, arXiv 1712.00409",
                ),
            ),
            see_also=("seed", "held_out"),
            aliases=("more data", "more rows", "data scaling", "power law"),
        ),
    ),
)
