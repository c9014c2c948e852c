"""Words around what it costs and when it pays."""

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="money",
    entries=(
        Entry(
            name="break_even",
            title="break-even (the volume from which it pays)",
            what="The number of requests a month from which a tuned model on a card of one's own costs no "
            "more than prompting a hosted model.",
            paragraphs=(
                "On one side stand the cards for the whole month, the document store where there is one, "
                "retraining and the additional upkeep; on the other the price of one request times their "
                "number. Set-up is not counted; the report also shows the volume with set-up spread over "
                "twelve months.",
                "Its band comes from drawing every uncertain input a few hundred times; in some draws no "
                "volume may be enough, and then the band says so.",
                "First price the hosted model with caching and batches; both move break-even up.",
                "Run in-house, prompting needs a card as well, so there is no such volume.",
            ),
            figures=(
                Figure(
                    "A tuned 7B model is about ten times cheaper to run.",
                    "Databricks, bespoke documentation model",
                ),
                Figure("A fixed prompt shrank by 80 % through tuning.", "Indeed, reported by OpenAI"),
            ),
            see_also=("requests_per_month", "prompt_caching", "distillation", "tuning_cost"),
            aliases=("breakeven", "payback", "return on investment", "roi"),
        ),
        Entry(
            name="break_even_accuracy",
            title="break-even accuracy (right often enough to act on)",
            what="The share of right outputs above which acting on them without a person looking gains more "
            "than it loses: loss / (gain + loss).",
            paragraphs=(
                "If a right output saves 4 and a wrong one costs 36, break-even is 36 / (4 + 36) = 90 %. "
                "Below it a person has to look first, which changes what a right output saves.",
            ),
            see_also=("score_target", "error_cost", "minimum_effect"),
            aliases=("target accuracy", "accuracy target"),
        ),
        Entry(
            name="tuning_cost",
            title="cost of a tune (people first)",
            what="Examples, several training runs, evaluation, hosting, and all of it again when the base "
            "model is replaced.",
            paragraphs=(
                "Computing for one adapter on a small model is tens of dollars. Labelling, checking and "
                "repeating cost days of people.",
                "`tunecase advise` gives ranges with price, date and source of each line; prices and day "
                "rates can be set in `engagement.toml`.",
            ),
            figures=(
                Figure(
                    "A 7B tune took two engineers a month and less than USD 1,000 of computing.",
                    "Databricks, bespoke documentation model",
                ),
                Figure("A hobby tune of a 7B model cost USD 12.", "a case in the ZenML LLMOps Database"),
                Figure(
                    "The code took days, the training set months.", "Stripe, in the ZenML LLMOps Database"
                ),
            ),
            see_also=("budget", "team", "break_even", "labelled_examples"),
            aliases=("training cost", "cost", "costs", "price", "prices"),
        ),
    ),
)
