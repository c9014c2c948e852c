"""Where data may go and what there is to compute on."""

from .._kind import Option, Question, Section

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
            core=True,
            options=(
                Option("anywhere", "any provider with a contract"),
                Option("approved_cloud", "named cloud accounts or regions"),
                Option("own_machines", "machines of the client"),
            ),
        ),
        Question(
            id="hardware",
            text="Which graphics cards can the project use for a week?",
            why="Memory on the card decides what can be run and changed there.",
            how_to_find_out="Run `nvidia-smi` on the machine, or ask for the cloud quota.",
            options=(
                Option("none", "none"),
                Option("one_16gb", "one with up to 16 GB"),
                Option("one_24gb", "one with 24 GB"),
                Option("one_48gb", "one with 40-48 GB"),
                Option("one_80gb", "one with 80 GB or more"),
                Option("several_80gb", "several with 80 GB or more"),
            ),
        ),
    ),
)
