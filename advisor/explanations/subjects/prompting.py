"""Words around the text a model is given."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="prompting",
    entries=(
        Entry(
            name="prompt",
            title="prompt (the text a model is given)",
            what="Instructions, examples, looked-up passages and the input, as one text. An untrained model "
            "sees nothing else of the client's world.",
            paragraphs=(
                "Write it before anything else is built: it takes an afternoon, needs no training data, and "
                "shows which failures remain.",
                "A fair trial has clear instructions, five or more worked examples, the wanted format and a "
                "strong model. A careless prompt makes every other approach look good.",
                "Keep each version with its score; otherwise nobody knows which wording helped.",
            ),
            figures=(
                Figure(
                    "Where prompting gets about nine tenths of the way, labelling, training and hosting may "
                    "not repay themselves.",
                    s.OREILLY,
                ),
            ),
            see_also=("prompting", "few_shot", "prompt_caching", "baseline"),
            aliases=("instructions", "prompt engineering", "system prompt"),
        ),
        Entry(
            name="few_shot",
            title="few-shot prompting (examples in the prompt)",
            what="Worked examples stand in the prompt, so that the model sees what a right output looks "
            "like. Without any the prompt is zero-shot.",
            paragraphs=(
                "Take the examples from rows to learn from, never from held-out ones, and cover every label "
                "or shape of output.",
                "Examples can also be looked up for each input, so that the most similar past cases stand in "
                "the prompt. That needs no training and follows new cases at once.",
                "Every example is read again with every request: count the tokens, and cache them.",
            ),
            figures=(
                Figure("With 20 to 40 examples, put all of them into a cached prompt.", s.LIU),
                Figure(
                    "Support tickets were sorted with 68 labelled examples by looking up similar ones for "
                    "each ticket.",
                    s.ANTHROPIC_TICKETS,
                ),
            ),
            see_also=("zero_shot", "prompt_caching", "labelled_examples"),
            aliases=("in-context learning", "shots", "dynamic few-shot", "examples in the prompt"),
        ),
        Entry(
            name="prompt_caching",
            title="prompt caching",
            what="A provider keeps the processed beginning of a prompt, so that sending it again costs a "
            "fraction of the first time.",
            paragraphs=(
                "Only an unchanged beginning is cached: put rules, instructions and examples first, and what "
                "differs from request to request last.",
                "Price it before training a model to save tokens. Caching may bring most of that saving "
                "without any training.",
            ),
            figures=(
                Figure("Repeated input cost about a tenth of fresh input.", s.MANUS),
                Figure("A rulebook of 50,000 tokens is kept in a cached prompt.", s.MANUS),
                Figure(
                    "Knowledge under about 200,000 tokens (500 pages) can stand in a cached prompt whole, "
                    "without retrieval.",
                    s.ANTHROPIC_CONTEXT,
                ),
            ),
            see_also=("fixed_text", "context_window", "break_even"),
            aliases=("caching", "cached prompt", "context caching", "prefix caching"),
        ),
        Entry(
            name="context_window",
            title="context window (how much fits in one request)",
            what="The longest text, in tokens, that a model takes at once; its output counts too.",
            paragraphs=(
                "What does not fit has to be cut, summarised or looked up.",
                "What fits is not always used: a detail in the middle of a long text is found less reliably "
                "than one at its ends. Test with the fact in several places.",
                "A long prompt is paid for, and waited for, with every request.",
            ),
            figures=(Figure("Under about 200,000 tokens no retrieval is needed.", s.ANTHROPIC_CONTEXT),),
            see_also=("token", "prompt_caching", "rag", "knowledge_size"),
            aliases=("context length", "long context", "maximum length"),
        ),
        Entry(
            name="token",
            title="token (a word or a piece of one)",
            what="The unit a model reads and writes. Prices, limits and speeds are counted in tokens.",
            paragraphs=(
                "In English, 100 words are about 130 tokens, one page about 400, and four bytes about one.",
                "Other languages, numbers and code take more tokens per word, and models differ: measure "
                "with the tokenizer of the model in question. `tunecase plan` does so for the client's "
                "rows.",
                "Output tokens cost several times as much as input tokens and set the waiting.",
            ),
            see_also=("context_window", "tokens_in", "tokens_out", "prompt_caching"),
            aliases=("tokens", "tokenizer", "tokeniser"),
        ),
        Entry(
            name="structured_output",
            title="structured output (a form the model must fill)",
            what="While the model writes, its output is held to a given form: a JSON schema, a grammar, or a "
            "list of labels.",
            paragraphs=(
                "It ends most failures of format without training, so try it before tuning for form.",
                "It secures the form and not the content: a well-formed field can hold a wrong value.",
                "In comparisons with labels, tunecase scores every label instead of letting the model write, "
                "so that each arm answers with one of them. constrain under [generation] in plan.toml has "
                "the label written, or holds written outputs to a JSON schema: such arms are arms of their "
                "own, and never share rows with free ones.",
            ),
            see_also=("exact_match", "accuracy", "fine_tuning", "truncated"),
            aliases=("json mode", "constrained decoding", "function calling", "json schema"),
        ),
        Entry(
            name="truncated",
            title="truncated output (cut at the limit)",
            what="An output that reached the limit of its length before it ended, or whose thinking never "
            "ended. It counts as wrong, and is counted apart from outputs that are no label.",
            paragraphs=(
                "Many of them say that the limit is too low rather than that the model is weak: raise "
                "max_new_tokens under [generation] in plan.toml. The limit is twice what the longest "
                "training output needs, which leaves no room for a model that thinks first.",
                "A model that never ends has often not learnt its end token, or repeats itself.",
            ),
            see_also=("structured_output", "near_tie", "context_window"),
            aliases=("cut off", "truncation", "max_new_tokens", "finish reason"),
        ),
        Entry(
            name="near_tie",
            title="near tie (an output that hangs on rounding)",
            what="A place where the two likeliest tokens, or labels, lie closer together than rounding moves "
            "them: with another batch size the other one may be chosen.",
            paragraphs=(
                "Computers add in another order when more rows share a batch, and the last digits differ. "
                "compare says how many outputs of each arm hold such a place. A difference between arms "
                "that is not larger than that count may be noise of this kind.",
                "In 16 bits there are many, in 32 bits few.",
            ),
            see_also=("truncated", "token", "seed"),
            aliases=("batch size noise", "near ties", "nondeterminism"),
        ),
    ),
)
