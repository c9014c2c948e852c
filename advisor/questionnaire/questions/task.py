"""What is to be produced, and whether that still moves."""

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
            core=True,
            options=(
                Option("classification", "one label from a fixed list"),
                Option("extraction", "fields or a fixed format filled from the input"),
                Option("answers", "answers to questions about documents or facts"),
                Option("writing", "text such as replies, drafts or summaries"),
                Option("formal_language", "code, queries or calls in a formal language"),
                Option("open_ended", "anything: ten or more unrelated tasks, or open conversation"),
                Option(
                    "not_language", "a number, forecast, ranking, schedule, or the result of fixed rules", 0.2
                ),
            ),
        ),
        Question(
            id="requirements",
            text="When did the definition of a good output last change?",
            why="Work that follows a moving definition is thrown away with it.",
            how_to_find_out="Ask for the dates of the last two versions of the specification or guideline.",
            options=(
                Option("under_1_month", "less than 1 month ago, or it is a prototype"),
                Option("1_to_3_months", "1 to 3 months ago"),
                Option("over_3_months", "more than 3 months ago"),
            ),
        ),
    ),
)
