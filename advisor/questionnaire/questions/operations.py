"""How much, how long, how fast."""

from math import inf

from .._kind import Band, Number, Option, Question, Section

SECTION = Section(
    name="operations",
    title="Operations",
    order=5,
    questions=(
        Question(
            id="requests_per_month",
            text="How many requests arrive per month?",
            why="Fixed effort pays back over volume or not at all.",
            how_to_find_out="Take last month's count from the ticket system, log or bill.",
            who="operations",
            number=Number(
                unit="requests",
                low=0,
                high=1e12,
                probes=(1_000.0, 100_000.0, 10_000_000.0),
                bands=(
                    Band("under_10k", 10_000, "fewer than 10,000"),
                    Band("10k_to_1m", 1_000_000, "10,000 to 1 million"),
                    Band("over_1m", inf, "1 million or more"),
                ),
            ),
        ),
        Question(
            id="tokens_in",
            text="How many tokens of its own does one input have?",
            why="Length times volume is the bill.",
            how_to_find_out="Take the words of ten inputs and add a third.",
            who="engineering lead",
            number=Number(
                unit="tokens",
                low=1,
                high=10_000_000,
                probes=(100.0, 1_000.0, 20_000.0),
                bands=(
                    Band("under_500", 500, "fewer than 500"),
                    Band("500_to_8k", 8_000, "500 to 8,000"),
                    Band("over_8k", inf, "8,000 or more"),
                ),
            ),
        ),
        Question(
            id="tokens_out",
            text="How many tokens does one output have?",
            why="Output costs several times as much per token as input, and sets the waiting.",
            how_to_find_out="Take the words of ten wanted outputs and add a third.",
            who="engineering lead",
            number=Number(
                unit="tokens",
                low=1,
                high=1_000_000,
                probes=(10.0, 300.0, 2_000.0),
                bands=(
                    Band("under_50", 50, "fewer than 50"),
                    Band("50_to_1k", 1_000, "50 to 1,000"),
                    Band("over_1k", inf, "1,000 or more"),
                ),
            ),
        ),
        Question(
            id="fixed_text",
            text="How many tokens of instructions are the same in every request?",
            why="What repeats can be cached, or learned once instead of sent each time.",
            how_to_find_out="Count the words of the instructions with their examples and add a third.",
            who="engineering lead",
            number=Number(
                unit="tokens",
                low=0,
                high=10_000_000,
                probes=(200.0, 3_000.0, 50_000.0),
                bands=(
                    Band("under_1k", 1_000, "fewer than 1,000", 2.0),
                    Band("1k_to_10k", 10_000, "1,000 to 10,000"),
                    Band("over_10k", inf, "10,000 or more", 0.5),
                ),
            ),
        ),
        Question(
            id="latency",
            text="How long may one output take?",
            why="A short limit rules out large models and extra steps.",
            how_to_find_out="Ask whether a person waits for it; if so, measure the present tool.",
            who="product owner",
            options=(
                Option("under_1s", "less than 1 second, or while somebody types"),
                Option("1s_to_10s", "1 to 10 seconds: somebody waits", 2.0),
                Option("over_10s", "more than 10 seconds, or computed ahead"),
            ),
        ),
    ),
)
