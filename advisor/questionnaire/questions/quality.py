"""How good is good, how good it is today, and what is wrong with the rest."""

from math import inf

from .._kind import Band, Number, Option, Question, Section

PERCENT = (20.0, 40.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 95.0, 99.0)

SECTION = Section(
    name="quality",
    title="Quality",
    order=2,
    questions=(
        Question(
            id="success_measure",
            text="How will you tell that an output is good?",
            why="Without a measure nobody can say that a change helped.",
            how_to_find_out="Ask who would sign off, and let two of them judge the same 20 outputs.",
            core=True,
            options=(
                Option("test_set", "100 or more held-out cases with agreed answers"),
                Option("checker", "a program decides: tests run, totals match, fields validate"),
                Option("small_set", "5-99 cases with agreed answers"),
                Option("opinion", "somebody looks at outputs; no agreed answers exist"),
                Option("disagreement", "experts disagree on more than 1 case in 4", 0.3),
            ),
        ),
        Question(
            id="failure",
            text="In ten failed outputs, what was wrong?",
            why="Missing facts and wrong form have different cures.",
            how_to_find_out="Run 20 real inputs, sort the failures into fact missing and form wrong.",
            core=True,
            options=(
                Option("facts", "facts were missing, stale or private in 8 or more"),
                Option("form", "facts were right; label, format, tone or wording was wrong in 8 or more"),
                Option("both", "3 or more of each"),
                Option("none", "fewer than 1 output in 20 fails", 0.3),
            ),
        ),
        Question(
            id="score_today",
            text="What does a good prompt on a good model score today?",
            why="If instructions alone reach the target, the project ends there.",
            how_to_find_out="Write instructions with five examples, run 50 cases, count the right ones.",
            core=True,
            number=Number(
                unit="percent",
                low=0,
                high=100,
                probes=PERCENT,
                share_of="score_target",
                bands=(
                    Band("far", 0.5, "less than half of the target"),
                    Band("short", 0.9, "half to nine tenths of the target"),
                    Band("near", 1.0, "at least nine tenths of the target, but below it"),
                    Band("met", inf, "the target or more", 0.2),
                ),
            ),
        ),
        Question(
            id="score_target",
            text="What score must it reach to be worth using?",
            why="The distance to the target says how much effort pays.",
            how_to_find_out="Divide the loss from a wrong output by gain plus loss: that is break-even.",
            core=True,
            number=Number(unit="percent", low=1, high=100, probes=PERCENT),
        ),
    ),
)
