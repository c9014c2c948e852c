"""Where data may go, what there is to compute on, and what it may cost."""

from math import inf

from .._kind import Band, Number, Option, Question, Section

SECTION = Section(
    name="constraints",
    title="Constraints",
    order=6,
    questions=(
        Question(
            id="data_leaves",
            text="Where may the data be processed?",
            why="It decides which models are open to you.",
            how_to_find_out="Ask data protection for the list of approved processors and regions.",
            who="data protection",
            options=(
                Option("anywhere", "any provider with a contract", 2.0),
                Option("approved_cloud", "named cloud accounts or regions", 2.0),
                Option("own_machines", "machines of the client only"),
            ),
        ),
        Question(
            id="hardware",
            text="Which graphics cards can the project use for a week?",
            why="Memory on the card decides what can be run and changed there.",
            how_to_find_out="Run `nvidia-smi` on the machine, or ask for the cloud quota.",
            who="IT",
            options=(
                Option("none", "none", 2.0),
                Option("one_16gb", "one with up to 16 GB"),
                Option("one_24gb", "one with 24 GB"),
                Option("one_48gb", "one with 40-48 GB"),
                Option("one_80gb", "one with 80 GB or more"),
                Option("several_80gb", "several with 80 GB or more"),
            ),
        ),
        Question(
            id="budget",
            text="What may the first year cost, people and machines together?",
            why="A plan beyond the budget is no plan.",
            how_to_find_out="Ask who signs, and up to what amount.",
            who="budget holder",
            number=Number(
                unit="USD",
                low=0,
                high=1e10,
                probes=(5_000.0, 50_000.0, 500_000.0),
                bands=(
                    Band("under_10k", 10_000, "less than USD 10,000"),
                    Band("10k_to_200k", 200_000, "USD 10,000 to 200,000", 2.0),
                    Band("over_200k", inf, "USD 200,000 or more"),
                ),
            ),
        ),
    ),
)
