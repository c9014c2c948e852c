"""What must be known to answer well, how much of it there is, and how fast it ages."""

from .._kind import Option, Question, Section

SECTION = Section(
    name="knowledge",
    title="Knowledge",
    order=3,
    questions=(
        Question(
            id="knowledge_source",
            text="Where is the knowledge that a right output needs, beyond the input?",
            why="What is written down can be shown to a model; what is not has to be learned from cases.",
            how_to_find_out="Watch an expert do five cases and note what is opened.",
            who="subject expert",
            core=True,
            options=(
                Option("input", "nowhere else: the input holds all that is needed", 2.0),
                Option("rulebook", "in one list, guideline, grammar or rulebook", 1.5),
                Option("documents", "in documents: articles, policies, manuals, files, code", 2.5),
                Option("database", "in databases or systems with current values"),
                Option("own_cases", "in past cases or the user's own history"),
                Option("practice", "in experts' practice: it shows only in their outputs"),
            ),
        ),
        Question(
            id="knowledge_changes",
            text="How often do the facts or rules behind right outputs change?",
            why="What changes often must be looked up when it is needed.",
            how_to_find_out="Compare today's documents, price lists or category list with last month's.",
            who="subject expert",
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
            text="How much reference text is needed beyond the input?",
            why="A small body of text fits beside every request; a large one does not.",
            how_to_find_out="Count pages; one page is about 400 tokens.",
            who="subject expert",
            options=(
                Option("none", "none: the input holds everything"),
                Option("up_to_500_pages", "up to 500 pages (200,000 tokens)"),
                Option("500_to_10000_pages", "500 to 10,000 pages (4 million tokens)"),
                Option("over_10000_pages", "more than 10,000 pages"),
            ),
        ),
        Question(
            id="citations",
            text="Must an output name or quote its source?",
            why="A source can be named only where it was looked up.",
            how_to_find_out="Ask compliance, and the people who have to act on an output.",
            who="compliance",
            options=(
                Option("no", "no", 2.0),
                Option("yes", "yes: readers or auditors must be able to trace it"),
            ),
        ),
        Question(
            id="access_or_deletion",
            text="Must facts be hidden from some users, or deleted on request?",
            why="Hiding or deleting a fact needs the fact to be kept apart.",
            how_to_find_out="Ask data protection about access rights and deletion.",
            who="data protection",
            options=(
                Option("no", "neither", 3.0),
                Option("access", "users have different access rights"),
                Option("deletion", "facts must be deletable on request", 0.5),
                Option("both", "both", 0.3),
            ),
        ),
        Question(
            id="may_be_shown",
            text="May the needed knowledge stand in the text sent to a model?",
            why="Knowledge that may not be shown has to be learned, or kept on own machines.",
            how_to_find_out="Ask data protection which documents a provider's model may see.",
            who="data protection",
            options=(
                Option("yes", "yes, to any approved model", 4.0),
                Option("own_machines", "only to a model on machines of the client"),
                Option("no", "no, to none: it is secret even from the people who ask", 0.2),
            ),
        ),
    ),
)
