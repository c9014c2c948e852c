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
            who="product owner",
            core=True,
            options=(
                Option("test_set", "100 or more cases with agreed answers exist, or labels to hold out", 3.0),
                Option("checker", "a program decides: tests run, totals match, fields validate"),
                Option("small_set", "5-99 cases with agreed answers exist"),
                Option("opinion", "named people read outputs and judge them"),
                Option("undefined", "nobody has agreed what a good output is", 0.04),
                Option("disagreement", "experts disagree on more than 1 case in 4", 0.04),
            ),
        ),
        Question(
            id="failure",
            text="What does, or would, a well-instructed general model get wrong here?",
            why="Missing facts, wrong form and a high bill have different cures.",
            how_to_find_out="Run 20 real inputs; sort failures: fact missing, form wrong, too dear.",
            who="subject expert",
            core=True,
            options=(
                Option("facts", "needed facts are missing, stale, private or not found", 2.0),
                Option("form", "facts are there; label, format, tone, style or skill is wrong", 2.0),
                Option("both", "facts are missing and the form is wrong, 3 of 10 failures or more each"),
                Option(
                    "cost",
                    "outputs of the best model are right; price, speed, quota or hosting is not acceptable",
                ),
                Option("none", "little: fewer than 1 output in 20 fails, at an acceptable price", 0.5),
            ),
        ),
        Question(
            id="score_today",
            text="What percentage does a good prompt on a strong model get right?",
            why="If instructions alone reach the target, the project ends there.",
            how_to_find_out="Write instructions with five examples, run 50 cases, count the right ones.",
            who="engineering lead",
            number=Number(
                unit="percent",
                low=0,
                high=100,
                probes=PERCENT,
                share_of="score_target",
                bands=(
                    Band("far", 0.5, "less than half of the target"),
                    Band("short", 0.9, "half to nine tenths of the target", 2.0),
                    Band("near", 1.0, "at least nine tenths of the target, but below it"),
                    Band("met", inf, "the target or more", 0.7),
                ),
            ),
        ),
        Question(
            id="score_target",
            text="What percentage must be right to be worth using?",
            why="The distance to the target says how much effort pays.",
            how_to_find_out="Divide the loss from a wrong output by gain plus loss: that is break-even.",
            who="product owner",
            number=Number(unit="percent", low=1, high=100, probes=PERCENT),
        ),
        Question(
            id="tried",
            text="What is the most that has been tried so far?",
            why="The cheap steps come first; what has already failed need not be tried again.",
            how_to_find_out="Ask for the last three versions of the instructions and their scores.",
            who="engineering lead",
            options=(
                Option("nothing", "nothing yet"),
                Option("first_try", "a first attempt with plain instructions", 2.0),
                Option("careful", "several rounds of instructions with examples", 2.0),
                Option("lookup", "passages or similar cases looked up for each request"),
                Option("changed_model", "an open model changed on own examples", 0.5),
                Option("hosted_model", "a provider's own model changed there on own examples", 0.3),
            ),
        ),
        Question(
            id="error_cost",
            text="What does one wrong output cost?",
            why="It sets the target, and whether a person has to look first.",
            how_to_find_out="Ask for the worst error of last year and what it cost.",
            who="product owner",
            options=(
                Option("little", "less than USD 1: somebody notices and corrects it", 2.0),
                Option("money", "USD 1-1,000, or a lost customer", 2.0),
                Option("harm", "more than USD 1,000, a breach of law, or harm to a person"),
            ),
        ),
    ),
)
