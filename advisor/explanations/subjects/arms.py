"""What each arm does and what it stands for."""

from .._kind import Entry, Subject

SUBJECT = Subject(
    name="arms",
    entries=(
        Entry(
            name="floor",
            title="Most frequent answer",
            kind="arm",
            what="Always gives the most frequent output of the training rows.",
            paragraphs=(
                "It takes no model and no time. An arm that does not beat it has done nothing; where it "
                "wins, the report says so.",
            ),
            see_also=("baseline", "classical"),
        ),
        Entry(
            name="classical",
            title="TF-IDF with logistic regression",
            kind="arm",
            what="Counts words, word pairs and runs of letters, weighs rare ones higher, and learns which "
            "speak for which label. Needs labels and no language model.",
            paragraphs=(
                "It trains in seconds on any laptop, costs almost nothing per request, and is often hard to "
                "beat with a few hundred rows per label. How strongly it is held back is chosen on "
                "validation rows.",
                "If it wins, the advice is overturned: the client needs no language model for this.",
            ),
            see_also=("floor", "baseline", "simpler_method"),
            aliases=("tf-idf", "tfidf", "logistic regression", "classical model", "bag of words"),
        ),
        Entry(
            name="zero_shot",
            title="Prompting without examples",
            kind="arm",
            what="The task in words and the input, asked of the untrained model.",
            paragraphs=(
                "It shows what the model brings along. Trained arms get the same prompt, so that the "
                "difference is the training and nothing else.",
            ),
            see_also=("few_shot", "prompt", "baseline"),
            aliases=("zero-shot prompting", "without examples"),
        ),
        Entry(
            name="few_shot",
            title="Prompting with examples",
            kind="arm",
            what="The task in words, worked examples from the training rows, and the input.",
            paragraphs=(
                "Which examples, and how many, is settled on validation rows: one of each label, a few at "
                "random, or those nearest to the input. All ways are tried on a few rows, the best two on "
                "more.",
                "Nearest examples differ from request to request, so what the prompt begins with cannot be "
                "cached by a provider.",
            ),
            see_also=("zero_shot", "baseline", "prompt_caching"),
        ),
        Entry(
            name="optimised_prompt",
            title="Prompting with a searched prompt",
            kind="arm",
            what="The best of several wordings of the task, with or without worked examples, as validation "
            "rows tell.",
            paragraphs=(
                "Wordings are the plan's own, a few sentences that often help, what the training rows show "
                "of each category, and instructions that the model writes from examples. The budget stands "
                "under [prompting] in plan.toml.",
                "It keeps the comparison fair: a tuned model against a prompt that nobody has worked on "
                "proves little.",
            ),
            see_also=("few_shot", "zero_shot", "baseline"),
            aliases=("prompt optimisation", "prompt search"),
        ),
        Entry(
            name="rag",
            title="RAG",
            kind="arm",
            what="The task in words, passages found in the client's documents, and the input, asked of the "
            "untrained model.",
            paragraphs=(
                "Give the documents with `tunecase check FILE --documents FOLDER`. They are searched by "
                "words (BM25) unless plan.toml says by meaning or both. The number of passages is the "
                "smallest that finds nearly all the gold documents of the validation rows.",
                "Answers are asked to name their passages; the marks are taken out before scoring. How "
                "often the right document is found, and named, is kept beside the score: the two halves of "
                "RAG fail separately.",
            ),
            see_also=("lora_rag", "zero_shot", "chunking", "hybrid_retrieval"),
        ),
        Entry(
            name="lora",
            title="LoRA fine-tuning",
            kind="arm",
            what="The prompt of zero_shot, asked of the model with a trained adapter on all its linear "
            "layers.",
            paragraphs=(
                "With several seeds it is trained several times. Training time, memory and cost stand in the "
                "report beside the score.",
            ),
            see_also=("qlora", "full", "adapter", "seed"),
        ),
        Entry(
            name="qlora",
            title="QLoRA fine-tuning (4-bit base)",
            kind="arm",
            what="As the arm lora, with the base model held in 4 bits in training and in answering.",
            paragraphs=(
                "It needs the least memory of the trained arms and computes more slowly. Compare it with "
                "lora to see what the 4 bits cost in quality on this task.",
            ),
            see_also=("lora", "quantisation"),
        ),
        Entry(
            name="lora_rag",
            title="LoRA fine-tuning with RAG",
            kind="arm",
            what="The prompt of rag, asked of a model whose adapter has learnt from training rows with the "
            "passages found for each of them.",
            paragraphs=(
                "Training rows hold what the search finds, right or wrong, as requests will later. Where "
                "rows name their documents, the model learns to cite the passage that holds the answer.",
            ),
            see_also=("rag", "lora"),
        ),
        Entry(
            name="full",
            title="Full fine-tuning",
            kind="arm",
            what="The prompt of zero_shot, asked of a model all of whose weights were trained.",
            paragraphs=(
                "It needs many times the memory of lora, and writes a whole model per seed. Run it where "
                "lora stays short of the target and there are thousands of rows.",
            ),
            see_also=("lora", "catastrophic_forgetting"),
        ),
        Entry(
            name="dpo",
            title="direct preference optimisation",
            kind="arm",
            what="The prompt of zero_shot, asked of a model whose adapter has learnt from preference pairs.",
            paragraphs=(
                "It needs pairs: a better and a worse answer to the same prompt, given with `tunecase check "
                "FILE --preferences PAIRS`. Pairs on held-out inputs are left out. Share of held-out pairs "
                "told apart and margin are kept beside the score.",
            ),
            see_also=("lora", "rlhf"),
        ),
        Entry(
            name="rlhf",
            title="RLHF",
            kind="arm",
            what="The prompt of zero_shot, asked of a model that was fine-tuned and then optimised against a "
            "reward.",
            paragraphs=(
                "Three stages: fine-tuning on the rows, a reward model on the preference pairs, and a policy "
                "held near its start by a price on divergence. Reward before and after, on prompts held out, "
                "and divergence are kept beside the score. It takes many times the time of dpo.",
            ),
            see_also=("lora", "dpo"),
        ),
        Entry(
            name="distillation",
            title="distillation from a larger model",
            kind="arm",
            what="The prompt of zero_shot, asked of a model whose adapter has learnt a larger model's "
            "answers to the training inputs.",
            paragraphs=(
                "The larger model is named under [distillation] in plan.toml: a local one, or one behind an "
                "OpenAI-compatible endpoint. Its answers are kept, so that none is asked for twice; unusable "
                "ones are left out and counted. Where the rows have wanted answers, the share that the "
                "larger model gets right is kept beside the score.",
            ),
            see_also=("lora", "catastrophic_forgetting"),
        ),
        Entry(
            name="continued_pretraining",
            title="continued pre-training, then fine-tuning",
            kind="arm",
            what="The prompt of zero_shot, asked of a model that read the client's documents before it "
            "learnt the training rows.",
            paragraphs=(
                "The documents are those of `tunecase check FILE --documents FOLDER`. All weights move. "
                "Perplexity on a share of the documents held out, before and after, is kept beside the "
                "score.",
            ),
            see_also=("full", "catastrophic_forgetting"),
        ),
        Entry(
            name="endpoint",
            title="model behind an endpoint",
            kind="arm",
            what="The prompt of zero_shot, put to a model behind any OpenAI-compatible server.",
            paragraphs=(
                "Address and model stand under [endpoint] in plan.toml, a key in OPENAI_API_KEY for OpenAI "
                "and in TUNECASE_ENDPOINT_KEY for any other server. Answers are asked for several at once, "
                "waits that the server asks for are kept, and a request that fails after its tries counts as "
                "missing, not as wrong. Where the answers keep data on the client's machines, a server "
                "elsewhere is refused until --allow-upload names it.",
            ),
            see_also=("zero_shot", "endpoint_rag", "data_leaves"),
        ),
        Entry(
            name="endpoint_rag",
            title="RAG with the model behind an endpoint",
            kind="arm",
            what="Passages found in the client's documents, put with each row to the model behind the server "
            "under [endpoint].",
            paragraphs=(
                "Passages are searched on this machine, as for the arm rag ([retrieval] in plan.toml), and "
                "go to the server with the rows: passages are client data, so what holds for rows holds for "
                "them. Beside the arm endpoint it shows what the documents add; beside rag, what the larger "
                "model does.",
                "Where the server does not count tokens they are estimated from the words, and the cost is "
                "marked as estimated.",
            ),
            see_also=("endpoint", "rag", "data_leaves"),
        ),
        Entry(
            name="tuned_endpoint",
            title="model fine-tuned at a vendor",
            kind="arm",
            what="The prompt of zero_shot, put to a model that OpenAI, Together or Fireworks has fine-tuned "
            "on the training rows.",
            paragraphs=(
                "`tunecase tune` says rows, tokens and price, uploads the rows, follows the job and names "
                "the tuned model; with --add-to-plan that model stands under [tuned_endpoint] in plan.toml. "
                "The vendor learns from the same training rows, prompt and epochs as the arms trained here.",
                "It is asked as the arm endpoint is, with the key in TUNECASE_ENDPOINT_KEY (OPENAI_API_KEY "
                "at OpenAI). It counts as fine-tuning in the verdict, where an untuned model behind the arm "
                "endpoint counts as prompting. A model that learnt other rows than the present training "
                "rows is refused, for it may have seen the test.",
            ),
            see_also=("sft_api", "endpoint", "data_leaves"),
        ),
    ),
)
