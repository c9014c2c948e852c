"""Words around whose model it is and how long one may keep it."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="market",
    entries=(
        Entry(
            name="sft_api",
            title="hosted fine-tuning (a rented tune)",
            what="A provider trains a copy of its own model on the client's examples and rents it out. There "
            "is no machine to run, and nothing to carry away.",
            paragraphs=(
                "A hosted tune lives as long as its base model. Ask for that date before starting, and keep "
                "the examples and the test: they are what can be moved.",
                "Begin no new project on self-serve fine-tuning at OpenAI, and ask every client who owns "
                "such a tune what will replace it.",
                "The durable form is an adapter on open weights. The facts below were read in November 2026; "
                "read them again before advising.",
            ),
            figures=(
                Figure(
                    "Self-serve fine-tuning closes for new jobs on 2027-01-06 (notice of 7 May 2026); tuned "
                    "models run no longer than their base model.",
                    "OpenAI, deprecations page",
                ),
                Figure(
                    "Evaluation and fine-tuning are filed under legacy documentation.",
                    "OpenAI, model optimisation guide",
                ),
                Figure("Fine-tuning was deprecated on 15 September 2025.", "Cohere, chat fine-tuning page"),
                Figure(
                    "Open: Gemini 3.5 Flash and Flash-Lite are listed; tuning is outside the service-level "
                    "agreement.",
                    s.GEMINI,
                ),
                Figure(
                    "Open: Nova 2 Lite, the Nova 1 family, Claude 3 Haiku and Llama 3.1 to 3.3, with "
                    "supervised and reinforcement tuning and distillation.",
                    s.BEDROCK,
                ),
            ),
            see_also=("tuned_endpoint", "open_weights", "base_model", "data_leaves", "adapter"),
            aliases=(
                "hosted fine-tuning",
                "managed fine-tuning",
                "fine-tuning api",
                "openai fine-tuning",
                "openai",
            ),
        ),
        Entry(
            name="open_weights",
            title="open weights (a model one can keep)",
            what="A model whose weights may be downloaded, run on one's own machines, and trained further.",
            paragraphs=(
                "Nobody can retire it. In exchange somebody has to run it: count a card, and the days of the "
                "person who looks after it.",
                "It is the way where data may not leave the client's machines.",
            ),
            figures=(
                Figure(
                    "Over 31 tasks, tuned open models scored 10 points above GPT-4 on average.", s.LORA_LAND
                ),
            ),
            see_also=("licence", "adapter", "data_leaves", "sft_api"),
            aliases=("open model", "open models", "open source model", "self-hosting", "own hosting"),
        ),
        Entry(
            name="licence",
            title="licence (what the owner allows)",
            what="The terms of a model or a data set. They decide whether it may be used commercially, "
            "changed, and passed on.",
            paragraphs=(
                "Read three: that of the base model, that of each source of training data, and for "
                "distillation the terms of the teacher, which may forbid training on its outputs.",
                "Apache-2.0 and MIT allow commercial use. Other open weights come with conditions of their "
                "own.",
            ),
            see_also=("open_weights", "may_learn", "distillation"),
            aliases=("license", "licensing", "terms of use"),
        ),
        Entry(
            name="data_processing_agreement",
            title="data-processing agreement (who may handle the data)",
            what="The contract under which a provider handles the client's data: for what, where, for how "
            "long, and with which subcontractors.",
            paragraphs=(
                "Without one, nothing that uploads client text can be advised. Ask data protection for the "
                "list of approved providers and regions.",
                "Ask two things beside it: whether the provider may train on the data, and how long requests "
                "are kept.",
            ),
            see_also=("data_leaves", "may_be_shown", "may_learn", "open_weights"),
            aliases=("dpa", "data processing", "data protection", "gdpr"),
        ),
    ),
)
