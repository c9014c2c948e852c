"""Written rows: asked for and sifted by rule, resumed to the same rows, never among those that judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError, RunFailed
from advisor.engagement.progress import silent
from advisor.engagement.records.augment import AugmentSpec, Reply
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.plan import Plan
from harness.augmenting.filtering import Sieve, judge_of
from harness.augmenting.requests import Request, request, template_of, wanted_rows
from harness.augmenting.writing import Ground, local_writer, sifted, write
from harness.running import arm_data
from tests.conftest import tunecase
from tests.harness.conftest import WORDS, engagement_with, tickets, tiny_model, write_rows
from tests.harness.servers import serving

__all__ = ["tiny_model"]
THINGS = {
    "card": ["card", "plastic", "chip", "stripe"],
    "fee": ["fee", "charge", "price", "cost"],
}


def row(id: str, text: str, label: str) -> Example:
    """One row."""
    return Example(id=id, input=text, output=label, label=label)


TRAIN = [
    row(f"{label}-{number}", f"my {word} {number} has a problem with the {word} again", label)
    for label, words in THINGS.items()
    for number, word in enumerate(words)
]
HELD_OUT = [row("h0", "where is the little plastic card that you sent me", "card")]


def sieve(**changes: Any) -> Sieve:
    """Over the rows above."""
    options: dict[str, Any] = {"output_form": "a label", "judge": judge_of(TRAIN)} | changes
    return Sieve(TRAIN, HELD_OUT, **options)


def put(into: Sieve, *lines: str, label: str = "card", most: int = 99) -> dict[str, int]:
    """A reply of these lines; why they were refused."""
    into.put(Reply(label=label, call=0, text="\n".join(lines), seeds=["card-0"]), generator="m", most=most)
    return into.reasons()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("my card 0 has a problem with the card again", "repeats a training row"),
        ("MY CARD 0 has a problem with the card again!", "nearly copies a training row"),
        ("please my card 0 has a problem with the card again", "nearly copies a training row"),
        ("where is the little plastic card that you sent me", "repeats a held-out row"),
        ("hello, where is the little plastic card that you have sent me", "nearly copies a held-out row"),
        ("card", "too short"),
        ("chip " * 60, "too long"),
        ("my chip is broken, write to jo.meier@example.org", "looks like personal data"),
        ("the fee and the charge are a high price and cost", "another label is likelier"),
    ],
)
def test_rows_are_refused_with_their_reason(line: str, reason: str) -> None:
    into = sieve()
    assert put(into, line) == {reason: 1}
    assert into.taken == []
    assert into.refused[0].text.strip() == line.strip()


def test_good_rows_are_taken_once_without_their_numbers_and_marked() -> None:
    into = sieve()
    lines = ["1. a new chip came without its card sleeve", "2) a new chip came without its card sleeve"]
    assert put(into, *lines, "", "```") == {"repeats another written row": 1}
    (taken,) = into.taken
    assert taken.input == "a new chip came without its card sleeve"
    assert taken.label == taken.output == "card"
    assert taken.meta == {"synthetic": True, "generator": "m", "seeds": ["card-0"]}
    assert put(into, "the stripe on this plastic is scratched", most=1)["more than was wanted"] == 1


def test_without_labels_rows_are_pairs_in_the_clients_form() -> None:
    pairs = [Example(id=f"p{n}", input=f"question number {n} of many", output='{"a": 1}') for n in range(4)]
    into = Sieve(pairs, [], output_form="a JSON object with the keys a", judge=None)
    put(into, '{"input": "an entirely other thing to ask", "output": "{\\"a\\": 2}"}', "nonsense", label="")
    put(into, '{"input": "still another thing to ask here", "output": "a is 2"}', label="")
    assert [one.output for one in into.taken] == ['{"a": 2}']
    assert into.reasons() == {"not in the form asked for": 1, "the output is not JSON": 1}


def test_rows_are_shared_by_label_or_brought_into_balance() -> None:
    uneven = [*TRAIN, *[row(f"c{n}", f"chip {n} is odd", "card") for n in range(8)]]
    assert wanted_rows(uneven, 16, balance=False) == {"card": 12, "fee": 4}
    assert wanted_rows(uneven, None, balance=True) == {"fee": 8}
    assert wanted_rows(uneven, 3, balance=True) == {"fee": 3}
    with pytest.raises(PlanError, match="as many rows"):
        wanted_rows(TRAIN, None, balance=True)
    with pytest.raises(NotReady):
        wanted_rows([], 5, balance=False)


def spec(**changes: Any) -> AugmentSpec:
    """Six rows of each label."""
    settings: dict[str, Any] = {
        "data": "d",
        "model": "m",
        "base_url": "",
        "weights": "",
        "instruction": "Sort {messages}:",
        "template": template_of("classification"),
        "wanted": {"card": 6, "fee": 6},
        "temperature": 1.0,
        "seed": 0,
        "version": 1,
    }
    return AugmentSpec(**(settings | changes))


def test_a_request_shows_training_rows_of_its_label_and_is_the_same_each_time() -> None:
    made = request(spec(), "card", 3, TRAIN, ["card", "fee"])
    assert made == request(spec(), "card", 3, TRAIN, ["card", "fee"])
    assert set(made.seeds) <= {one.id for one in TRAIN if one.label == "card"}
    text = made.messages[0].content
    assert "Sort {messages}:" in text
    assert not any(mark in text for mark in ("{examples}", "{count}", "{label}", "{labels}"))
    assert HELD_OUT[0].input_text() not in text
    assert made.seeds != request(spec(), "card", 4, TRAIN, ["card", "fee"]).seeds


def test_a_template_without_its_marks_is_refused() -> None:
    with pytest.raises(PlanError, match=r"\{examples\}"):
        template_of("classification", "write {count} for {instruction}")


def made_up(requests: Sequence[Request]) -> list[Reply]:
    """Two fresh rows and a copy for each request."""
    found = []
    for one in requests:
        words = THINGS[one.label]
        lines = [f"{words[n]} trouble {one.call} {n} {'x' * one.call} of a {words[n + 1]}" for n in range(2)]
        lines.append(f"my {words[0]} 0 has a problem with the {words[0]} again")
        found.append(Reply(label=one.label, call=one.call, text="\n".join(lines), seeds=one.seeds))
    return found


def nothing(asked: Sequence[Request]) -> Iterator[Reply]:
    """Every request fails."""
    for one in asked:
        yield Reply(label=one.label, call=one.call, text=None, seeds=[], error="status 500")


def test_rounds_end_when_all_rows_are_there_or_the_tries_are_used_up(tmp_path: Path) -> None:
    ground = Ground(TRAIN, HELD_OUT, "a label")
    result, rows = write(
        spec(), tmp_path / "a", ground, lambda: lambda asked: iter(made_up(asked)), on_progress=silent
    )
    assert result.complete and result.short == {} and result.taken == {"card": 6, "fee": 6}
    assert len(rows) == 12 and len({one.id for one in rows}) == 12
    assert result.written == sum(result.taken.values()) + sum(result.refused.values())
    empty, _ = write(
        spec(),
        tmp_path / "b",
        ground,
        lambda: nothing,
        on_progress=silent,
    )
    assert empty.complete and empty.short == {"card": 6, "fee": 6} and empty.failed == 16


@pytest.mark.parametrize("after", [1, 2, 3])
def test_killed_after_any_reply_it_ends_with_the_same_rows_and_asks_nothing_twice(
    after: int, tmp_path: Path
) -> None:
    ground = Ground(TRAIN, HELD_OUT, "a label")
    _, wanted = write(
        spec(), tmp_path / "whole", ground, lambda: lambda asked: iter(made_up(asked)), on_progress=silent
    )
    asked_for: list[tuple[str, int]] = []

    def failing(asked: Sequence[Request]) -> Any:
        for number, one in enumerate(made_up(asked)):
            if number == after:
                raise RunFailed("killed", fix="again")
            asked_for.append((one.label, one.call))
            yield one

    def going_on(asked: Sequence[Request]) -> Any:
        asked_for.extend((one.label, one.call) for one in asked)
        return iter(made_up(asked))

    folder = tmp_path / "cut"
    with pytest.raises(RunFailed):
        write(spec(), folder, ground, lambda: failing, on_progress=silent)
    with (folder / "replies.jsonl").open("ab") as out:
        out.write(b'{"label": "card", "call": 7, "te')
    _, rows = write(spec(), folder, ground, lambda: going_on, on_progress=silent)
    assert rows == wanted
    assert len(asked_for) == len(set(asked_for))


def test_a_local_model_draws_the_same_text_for_the_same_request(tiny_model: Path) -> None:
    asked = [request(spec(), "card", call, TRAIN, ["card", "fee"]) for call in (0, 1)]
    local = spec(model=str(tiny_model), template="{instruction} {count} {examples}")
    short = [one._replace(messages=[Message("user", one.messages[0].content[:150])]) for one in asked]
    first = list(local_writer(local)(short))
    again = list(local_writer(local)(short[::-1]))[::-1]
    assert first == again
    assert first[0].text != first[1].text


def command(*words: object, **more: str) -> dict[str, Any]:
    """`tunecase augment --json`, which has to succeed."""
    done = tunecase("augment", *map(str, words), "--json", PYTHONPATH=str(Path(__file__).parents[2]), **more)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


ONE_DOLLAR = ("--usd-in", "1", "--usd-out", "1")


def fresh(asked: str) -> str:
    """Five new lines of the label that is asked for, no two alike."""
    digest = hashlib.sha256(asked.encode()).hexdigest()
    label = next(name for name in WORDS if f'category "{name}" and' in asked)
    words = " ".join(WORDS[label])
    return "\n".join(f"{digest[n : n + 9]} {words} {digest[n + 9 : n + 18]} {n}" for n in range(5))


def test_the_command_joins_written_rows_to_training_only_and_takes_them_away_again(tmp_path: Path) -> None:
    made = engagement_with(tmp_path, tickets(60))
    plan = Plan(arms=["floor"], instruction="Sort:")
    before = arm_data(made, plan)
    frozen = {path: path.read_bytes() for path in (made.examples_path, made.splits_path, made.profile_path)}
    with serving(fresh) as (url, log):
        words = ("-C", made.root, "--endpoint", url, "--model", "m", "--count", "12", *ONE_DOLLAR)
        found = command(*words, TUNECASE_ENDPOINT_KEY="sk-secret")
        asked = log.asked.total()
        again = command(*words, TUNECASE_ENDPOINT_KEY="sk-secret")
        assert log.asked.total() == asked
    assert again == found
    taken = sum(found["taken"].values())
    assert taken >= 6
    assert found["usd"] == pytest.approx(found["calls"] * 10 / 1e6)
    after = arm_data(made, plan)
    assert len(after.train) == len(before.train) + taken
    assert after.validation == before.validation and after.test == before.test
    assert after.digest != before.digest
    assert {path: path.read_bytes() for path in frozen} == frozen
    assert not any(b"sk-secret" in path.read_bytes() for path in made.root.rglob("*") if path.is_file())
    seen = {id for one in made.synthetic() for id in one.meta["seeds"]}
    assert seen <= set(made.splits().train)
    limited = arm_data(made, Plan(arms=["floor"], instruction="Sort:", limit=4))
    known = {one.id for one in limited.train}
    assert all(known >= set(one.meta["seeds"]) for one in limited.train if one.meta.get("synthetic"))
    assert command("-C", made.root, "--undo") == {"removed": True}
    assert arm_data(made, plan).digest == before.digest


def test_other_data_does_not_keep_the_rows_written_from_this(tmp_path: Path) -> None:
    from harness.intake.checking import check_files
    from harness.intake.freezing import freeze

    made = engagement_with(tmp_path, tickets(60))
    with serving(fresh) as (url, _):
        command("-C", made.root, "--endpoint", url, "--model", "m", "--count", "8")
    assert made.synthetic()
    freeze(made, check_files(tmp_path / "rows.jsonl"))
    assert made.synthetic()
    freeze(made, check_files(write_rows(tmp_path / "others.jsonl", tickets(72, seed=4))))
    assert made.synthetic() == []
    data = arm_data(made, Plan(arms=["floor"], instruction="Sort:"))
    assert not any(one.meta.get("synthetic") for one in data.train)


def test_nothing_is_sent_where_the_answers_forbid_it(tmp_path: Path) -> None:
    made = engagement_with(tmp_path, tickets(60))
    codec.write_text(made.answers_path, 'data_leaves = "own_machines"\n')
    words = ("augment", "-C", made.root, "--endpoint", "https://models.example.com/v1", "--model", "m")
    done = tunecase(*words)
    assert done.returncode == 3
    assert "models.example.com" in done.stderr and "--allow-upload" in done.stderr
    assert not made.augment_path.exists()


def test_a_dry_run_shows_the_request_and_writes_nothing(tmp_path: Path) -> None:
    made = engagement_with(tmp_path, tickets(60))
    before = sorted(made.root.rglob("*"))
    away = ("--endpoint", "http://127.0.0.1:9/v1", "--model", "gpt-6-luna")
    found = command("-C", made.root, *away, "--dry-run")
    assert found["usd_at_most"] > 0
    assert 'category "' in found["request"]
    assert sorted(made.root.rglob("*")) == before


def test_it_stops_before_the_cap_keeps_its_rows_and_goes_on(tmp_path: Path) -> None:
    made = engagement_with(tmp_path, tickets(60))
    with serving(fresh) as (url, log):
        prices = ("--usd-in", "100", "--usd-out", "100")
        words = ("-C", made.root, "--endpoint", url, "--model", "m", "--count", "60", *prices)
        poor = command(*words, "--max-usd", "0.5")
        assert not poor["complete"]
        assert poor["usd"] <= 0.5
        first = log.asked.total()
        rich = command(*words)
        assert rich["complete"]
        assert all(count == 1 for count in log.asked.values())
        assert log.asked.total() > first
    assert sum(rich["taken"].values()) >= sum(poor["taken"].values())


def test_replies_on_disk_are_sifted_the_same_in_any_order(tmp_path: Path) -> None:
    ground = Ground(TRAIN, HELD_OUT, "a label")
    write(spec(), tmp_path, ground, lambda: lambda asked: iter(made_up(asked)[::-1]), on_progress=silent)
    one = sifted(spec(), tmp_path, ground)[1].taken
    lines = (tmp_path / "replies.jsonl").read_text().splitlines()
    (tmp_path / "replies.jsonl").write_text("\n".join(sorted(lines)) + "\n")
    assert sifted(spec(), tmp_path, ground)[1].taken == one
