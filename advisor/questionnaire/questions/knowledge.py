"""What must be known to answer well, how much of it there is, and how fast it ages."""

from .._kind import Option, Question, Section

SECTION = Section(
    name="knowledge",
    title="Knowledge",
    order=3,
    questions=(
        Question(
            id="knowledge_changes",
            text="How often do the facts or rules behind good outputs change?",
            why="What changes often must be looked up when it is needed.",
            how_to_find_out="Compare today's documents, price lists or category list with last month's.",
            core=True,
            options=(
                Option("static", "less than once a year", 2.0),
                Option("yearly", "about once a year", 2.0),
                Option("monthly", "about once a month", 2.0),
                Option("weekly", "about once a week"),
                Option("daily", "about once a day"),
                Option("realtime", "several times a day", 0.5),
            ),
        ),
        Question(
            id="knowledge_size",
            text="How much reference text is needed beyond the input itself?",
            why="A small body of text fits beside every request; a large one does not.",
            how_to_find_out="Count pages; one page is about 400 tokens.",
            options=(
                Option("none", "none: the input holds everything"),
                Option("up_to_500_pages", "up to 500 pages (200,000 tokens)"),
                Option("500_to_10000_pages", "500 to 10,000 pages"),
                Option("over_10000_pages", "more than 10,000 pages"),
                Option("over_5_million_pages", "more than 5 million pages (billions of tokens)", 0.1),
            ),
        ),
        Question(
            id="source_duties",
            text="What must be possible with the sources of an output?",
            why="Citing, hiding or deleting a fact needs the fact to be kept apart.",
            how_to_find_out="Ask legal or data protection about citations, access rights and deletion.",
            options=(
                Option("none", "none of the following", 6.0),
                Option("citations", "each output names its source"),
                Option("access_or_deletion", "users see different facts, or facts are deleted on request"),
                Option("no_training", "a contract or law bars deriving models from this data"),
            ),
        ),
    ),
)
