"""How settled the work is, who does it, and by when."""

from math import inf

from .._kind import Band, Number, Option, Question, Section

SECTION = Section(
    name="delivery",
    title="Delivery",
    order=7,
    questions=(
        Question(
            id="stage",
            text="How settled is the work?",
            why="What follows a moving definition, or is used once, repays no fixed effort.",
            how_to_find_out="Ask when the specification last changed, and when the work ends.",
            who="product owner",
            core=True,
            options=(
                Option("one_off", "a single batch or migration that then ends"),
                Option("moving", "an idea, prototype or product that is redefined monthly or faster"),
                Option("pilot", "a planned or piloted service, defined for 1-3 months", 2.0),
                Option("settled", "a service in use, or a task defined for more than 3 months", 2.0),
            ),
        ),
        Question(
            id="corrections",
            text="How soon must a new rule or correction take effect?",
            why="Text can be edited in a minute; what a model has learned cannot.",
            how_to_find_out="Ask who edits the rules today and when the edit is live.",
            who="product owner",
            options=(
                Option("within_a_day", "within a day"),
                Option("within_a_month", "within a month", 2.0),
                Option("later", "a month or more is acceptable", 2.0),
            ),
        ),
        Question(
            id="team",
            text="Who will build, watch and renew the system?",
            why="A model that nobody renews is overtaken by the next one.",
            how_to_find_out="Ask for names and days per month, not for job titles.",
            who="engineering lead",
            options=(
                Option("nobody", "nobody is named, or people who do not write code"),
                Option("software", "software engineers without machine-learning experience", 2.0),
                Option("ml_1_2", "1-2 machine-learning engineers", 2.0),
                Option("ml_3_plus", "3 or more machine-learning engineers, or a research group"),
            ),
        ),
        Question(
            id="weeks",
            text="In how many weeks must it be in use?",
            why="Collecting and checking examples takes longer than all the rest.",
            how_to_find_out="Ask what happens if it comes a month later.",
            who="product owner",
            number=Number(
                unit="weeks",
                low=0,
                high=520,
                probes=(2.0, 8.0, 26.0),
                bands=(
                    Band("under_4", 4, "fewer than 4"),
                    Band("4_to_12", 12, "4 to 12", 2.0),
                    Band("over_12", inf, "12 or more", 2.0),
                ),
            ),
        ),
    ),
)
