"""Words around looking facts up."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="retrieval",
    entries=(
        Entry(
            name="rag",
            title="RAG (retrieval-augmented generation)",
            what="For each request, passages that bear on it are searched in the client's documents and put "
            "into the prompt; the model answers from them.",
            paragraphs=(
                "It is right where facts are many, change, must be cited, or may be seen by some users only. "
                "It is idle where the input holds the answer, and can then lower the score.",
                "Its two halves fail separately: the search misses the passage, or the model misreads it. "
                "Measure how often the right passage is found, and how often the answer is right when it is.",
                "If answers are wrong, mend the search before thinking of training.",
            ),
            figures=(
                Figure("One client's answers went from 45 % to 98 % right without any tuning.", s.DEVDAY),
                Figure(
                    "Better retrieval took answers from 49 % to 86 % right.",
                    "Amazon Finance, in the ZenML LLMOps Database",
                ),
                Figure("Retrieval beat training on the same texts, for known and for new facts.", s.OVADIA),
                Figure("The rarer the fact, the larger the lead of retrieval over tuning.", s.SOUDANI),
                Figure("Looked-up passages about doubled the tokens of a request.", s.NOVA),
            ),
            see_also=("chunking", "embedding", "hybrid_retrieval", "reranker", "hallucination", "citations"),
            aliases=("retrieval", "retrieval-augmented generation", "document search"),
        ),
        Entry(
            name="chunking",
            title="chunking (cutting documents into passages)",
            what="Documents are cut into passages before they are searched. A passage is what the search "
            "finds and what the model then reads.",
            paragraphs=(
                "Too small, and a passage loses what its words refer to; too large, and it hides the fact "
                "and fills the prompt.",
                "Cut at headings and paragraphs, keep tables whole, and let each passage carry the title of "
                "its document.",
                "Choose the size by counting, over 50 real questions, how often the right passage is found.",
            ),
            see_also=("rag", "embedding", "context_window"),
            aliases=("chunk", "chunk size", "passage", "passages"),
        ),
        Entry(
            name="embedding",
            title="embedding (a text as a point among its neighbours)",
            what="A small model turns a text into a list of numbers, so that texts about the same thing lie "
            "close together and can be searched by meaning.",
            paragraphs=(
                "It finds other wordings of the same thing. It may miss exact codes, names and rare words, "
                "which a search by words finds.",
                "In-house vocabulary may be foreign to a general embedding model. Training that model on "
                "pairs of a question and its passage is a small tune of its own, and can mend retrieval.",
            ),
            figures=(
                Figure(
                    "Training the embeddings took accuracy from 60-70 % to 90 %.",
                    "Amazon Pharmacy, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("hybrid_retrieval", "reranker", "chunking"),
            aliases=("embeddings", "vector", "vector search", "vector store", "dense retrieval"),
        ),
        Entry(
            name="reranker",
            title="reranker (a second look at what was found)",
            what="A second model reads the question together with each passage found and puts the best "
            "first.",
            paragraphs=(
                "The search fetches many passages fast; the reranker judges a few dozen slowly. It helps "
                "where the right passage is found, but not near the top.",
                "It adds its own waiting to every request. Measure with and without.",
            ),
            see_also=("embedding", "hybrid_retrieval", "latency"),
            aliases=("reranking", "re-ranker", "cross-encoder"),
        ),
        Entry(
            name="hybrid_retrieval",
            title="hybrid retrieval (by words and by meaning)",
            what="A search by words and a search by meaning run side by side, and their results are merged.",
            paragraphs=(
                "Words catch part numbers, names and quotations; meaning catches other wordings. Client "
                "documents usually hold both.",
                "BM25, the common search by words, needs no model and no training: it is the floor that a "
                "search by meaning has to beat.",
            ),
            see_also=("embedding", "reranker", "rag"),
            aliases=("hybrid search", "bm25", "lexical search", "keyword search", "sparse retrieval"),
        ),
        Entry(
            name="hallucination",
            title="hallucination (invented, and sure of it)",
            what="An output that sounds right and is borne out by neither the input nor the documents.",
            paragraphs=(
                "Against it: passages to answer from, leave to say that they do not hold the answer, sources "
                "shown to the reader, and a test that contains questions without an answer.",
                "Training works both ways. Examples that stay within the given text lower it; examples with "
                "facts that the model does not know teach it to invent.",
            ),
            figures=(
                Figure(
                    "New facts are learned slowly, and the more of them are learned, the more is invented.",
                    s.GEKHMAN,
                ),
                Figure(
                    "The first 500 training examples cut it from 26 % to 16 %.",
                    "Tinder, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("rag", "fine_tuning", "error_cost"),
            aliases=("hallucinations", "invention", "confabulation", "grounding"),
        ),
    ),
)
