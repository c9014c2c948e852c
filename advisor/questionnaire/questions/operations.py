"""How much, how fast."""

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
            id="latency",
            text="How long may one output take?",
            why="A short limit rules out large models and extra steps.",
            how_to_find_out="Ask whether a person waits for it; if so, measure the present tool.",
            options=(
                Option("under_1s", "less than 1 second"),
                Option("1s_to_10s", "1 to 10 seconds"),
                Option("over_10s", "more than 10 seconds, or computed ahead"),
            ),
        ),
    ),
)
