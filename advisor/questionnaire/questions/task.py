"""What is to be produced, and whether it takes a language model at all."""

from .._kind import Option, Question, Section

SECTION = Section(
    name="task",
    title="Task",
    order=1,
    questions=(
        Question(
            id="task_kind",
            text="What does the system produce from one input?",
            why="The shape of the output decides more than the subject does.",
            how_to_find_out="Ask for five real inputs with the output each should have had.",
            who="product owner",
            core=True,
            options=(
                Option("classification", "a label, category, code or choice among given candidates", 2.0),
                Option("extraction", "fields, filters or a fixed structure filled from the input", 2.0),
                Option("answers", "answers to questions about documents, facts or records", 2.5),
                Option("writing", "text for people: replies, drafts, summaries, a persona's lines", 2.0),
                Option("translation", "the same content in another language or dialect", 0.5),
                Option("formal_language", "code, queries, commands or calls in a formal language"),
                Option("open_ended", "anything: unrelated tasks, an open assistant or an agent", 0.7),
                Option("general_model", "a model itself, on which several later systems are built", 0.3),
                Option(
                    "not_language", "a forecast, optimum, calculation, or cleaned-up signal or sound", 0.1
                ),
            ),
        ),
        Question(
            id="simpler_method",
            text="Could a rule, query, optimiser, tree model or signal filter do it?",
            why="The cheapest system that works is the right one, and it can be proved.",
            how_to_find_out="Ask what handles the task today, and how often it is right.",
            who="engineering lead",
            core=True,
            options=(
                Option("no", "no: language, images or judgement must be understood", 4.0),
                Option("partly", "partly: it settles some inputs, the others need more"),
                Option(
                    "yes",
                    "yes in principle: exact rules, a table of numbers or fields, or a signal",
                    0.1,
                ),
                Option("in_use", "yes: one is in use for exactly these inputs and reaches the target", 0.1),
            ),
        ),
        Question(
            id="input_variety",
            text="How much do inputs differ from one another?",
            why="A narrow, repeated task can be learned; an endless variety cannot.",
            how_to_find_out="Read 30 inputs in a row and count the kinds.",
            who="product owner",
            options=(
                Option("narrow", "one task, and 9 of 10 inputs resemble earlier ones", 2.0),
                Option("varied", "one task, but topics, senders or wordings differ widely", 2.0),
                Option("new_forms", "one task, but new kinds of input appear every week"),
                Option("broad", "10 or more unrelated kinds of request", 0.7),
            ),
        ),
        Question(
            id="distinct_tasks",
            text="How many tasks, customers or users need a behaviour of their own?",
            why="Dozens of variants can share one model; a model per user costs too much.",
            how_to_find_out="Count the variants that today have separate rules, models or instructions.",
            who="product owner",
            options=(
                Option("one", "1", 4.0),
                Option("n_2_9", "2-9"),
                Option("n_10_99", "10-99", 0.5),
                Option("per_user", "100 or more, or each user", 0.5),
            ),
        ),
        Question(
            id="weak_ground",
            text="On what part of this material are general models weak?",
            why="What a model has hardly seen cannot be asked for in words alone.",
            how_to_find_out="Give the strongest model ten hard inputs and read what it misses.",
            who="subject expert",
            options=(
                Option("none", "none that is known: common language and ordinary text", 2.0),
                Option("jargon", "in-house terms, codes, formats or a niche syntax", 2.0),
                Option("language", "a language or dialect with little public text", 0.5),
                Option("script_or_image", "a script, scan, photo or layout that it reads badly", 0.5),
            ),
        ),
    ),
)
