"""Names that say nothing about what they name: `zorvex`, `blue heron`, `QX-4`, `team maple`."""

from random import Random

from .word_tables import table


def invented_word(rng: Random) -> str:
    """One pronounceable word without meaning."""
    onsets, nuclei, codas = (table("invented", part) for part in ("onsets", "nuclei", "codas"))
    return "".join(
        rng.choice(onsets) + rng.choice(nuclei) + rng.choice(codas) for _ in range(rng.choice((1, 2, 2, 3)))
    )


def invented_name(rng: Random) -> str:
    """A name of one of seven kinds."""
    kind = rng.random()
    if kind < 0.2:
        return invented_word(rng)
    if kind < 0.32:
        return f"{rng.choice(table('invented', 'colours'))} {rng.choice(table('invented', 'creatures'))}"
    if kind < 0.4:
        letters = "".join(rng.choice("ABCDEFGHKLMNPQRSTVWXZ") for _ in range(rng.randint(1, 2)))
        return f"{letters}{rng.choice(('-', '', ' '))}{rng.randint(1, 99)}"
    plain, places = table("invented", "plain"), table("invented", "places")
    if kind < 0.54:
        return f"{rng.choice(plain)} {rng.choice(table('invented', 'numbers'))}"
    if kind < 0.64:
        return f"{rng.choice(plain)} {rng.choice(places)}"
    if kind < 0.68:
        return f"{rng.choice(places)} {rng.choice('123456789ABCDEF')}"
    return rng.choice(plain)
