"""What the exit codes say to a script."""

from advisor.engagement import errors

from .._kind import Block, Entry, Line, Subject

CODES = (
    Entry(
        name=f"exit_{errors.DONE}",
        title="done",
        kind="errors",
        what="The command did what it was asked to do.",
        paragraphs=(
            "Warnings may still stand on standard error. `tunecase check` ends with 0 for a file that was "
            "accepted with warnings.",
        ),
        see_also=("exit_codes",),
        aliases=(str(errors.DONE), f"code {errors.DONE}"),
    ),
    Entry(
        name=f"exit_{errors.FAILED}",
        title="it ran and failed",
        kind="errors",
        what="Work had begun and could not be finished: memory ran out, a file could not be read any more, "
        "or there is a bug.",
        paragraphs=(
            "What was finished is saved, and the same command goes on from there. A bug is called one, with "
            "the lines to report.",
        ),
        see_also=("exit_codes", "checkpoint"),
        aliases=(str(errors.FAILED), f"code {errors.FAILED}"),
    ),
    Entry(
        name=f"exit_{errors.USAGE}",
        title="wrong usage",
        kind="errors",
        what="The command line itself is wrong: an unknown option, or a value of the wrong kind. Nothing was "
        "run.",
        paragraphs=("The hint names the help that lists what there is.",),
        see_also=("exit_codes",),
        aliases=(str(errors.USAGE), f"code {errors.USAGE}"),
    ),
    Entry(
        name=f"exit_{errors.NOT_READY}",
        title="not ready, nothing was run",
        kind="errors",
        what="Something is missing or wrong beforehand: answers, data, a plan that cannot be run here, a "
        "package, an unknown name.",
        paragraphs=(
            "The message names the place and the value, the hint names the way out. Mend that and run the "
            "same command again.",
            "It differs from 1 so that a script can tell 'did not run' from 'ran and failed'.",
        ),
        see_also=("exit_codes",),
        aliases=(str(errors.NOT_READY), f"code {errors.NOT_READY}"),
    ),
    Entry(
        name=f"exit_{errors.GATE}",
        title="it ran, and the gate said no",
        kind="errors",
        what="`tunecase compare --check` finished, and the verdict is not confirmed.",
        paragraphs=("Results and verdict are on disk as usual; only scripts need this code.",),
        see_also=("exit_codes", "verdict"),
        aliases=(str(errors.GATE), f"code {errors.GATE}"),
    ),
    Entry(
        name=f"exit_{errors.INTERRUPTED}",
        title="interrupted, state saved",
        kind="errors",
        what="Somebody pressed Ctrl-C. What was finished is saved.",
        paragraphs=("Run the same command again to go on; no row is answered twice.",),
        see_also=("exit_codes", "checkpoint"),
        aliases=(str(errors.INTERRUPTED), f"code {errors.INTERRUPTED}", "ctrl-c", "sigint"),
    ),
    Entry(
        name=f"exit_{errors.TERMINATED}",
        title="terminated, state saved",
        kind="errors",
        what="The system asked the process to end (SIGTERM), as clusters do before they take a machine back.",
        paragraphs=("Run the same command again to go on; no row is answered twice.",),
        see_also=("exit_codes", "checkpoint"),
        aliases=(str(errors.TERMINATED), f"code {errors.TERMINATED}", "sigterm"),
    ),
)

SUBJECT = Subject(
    name="exit_codes",
    entries=(
        Entry(
            name="exit_codes",
            title="exit codes (what a script is told)",
            kind="errors",
            what="Every command ends with one of these numbers. Errors stand on standard error as `error:` "
            "with a `hint:`, or with --json as one object on standard output.",
            blocks=(
                Block("The codes", tuple(Line(one.name.removeprefix("exit_"), one.title) for one in CODES)),
            ),
            see_also=tuple(one.name for one in CODES),
            aliases=("exit code", "exit", "exit status", "return code", "errors", "error"),
        ),
        *CODES,
    ),
)
