"""A judge is asked about pairs: a model behind a server, or one of this machine that scores its replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.judged import Judgement, Said
from advisor.engagement.records.plan import JudgeSettings
from harness.endpoints.client import Reply, ask, client_for
from harness.endpoints.pool import Policy, ask_all
from harness.endpoints.purse import Purse, purse_for
from harness.judges.pairs import Question
from harness.judges.wording import SAYING, messages, said


class Half(NamedTuple):
    """One question in one order."""

    question: Question
    """What is asked."""
    turned: bool
    """Whether the answer in question comes second."""


class Told(NamedTuple):
    """One reply."""

    said: Said
    """The answer it names."""
    tokens_in: int
    """Prompt tokens."""
    tokens_out: int
    """Tokens of the reply."""


def purse(settings: JudgeSettings, known: Sequence[Judgement]) -> Purse:
    """What the judge may still cost, and has cost."""
    spent = [(one.tokens_in, one.tokens_out) for one in known]
    return purse_for(settings.model, settings, spent)


def ask_server(
    settings: JudgeSettings,
    instruction: str,
    questions: Sequence[Question],
    *,
    purse: Purse,
    on_progress: OnProgress,
) -> Iterator[Judgement]:
    """Judgements as they come; pairs with a request that failed for good are left out."""
    client = client_for(settings.base_url, timeout=settings.deadline)

    def one(half: Half) -> Reply:
        asked = messages(settings, instruction, half.question.pair, turned=half.turned)
        limit = settings.max_new_tokens
        return purse.buy(asked, limit, lambda: ask(client, settings.model, asked, max_tokens=limit, seed=0))

    halves = [Half(question, turned) for question in questions for turned in (False, True)]
    policy = Policy(tries=settings.tries, at_once=settings.at_once)
    waiting: dict[tuple[str, str, str, str], dict[bool, Told]] = {}
    for number, ended in enumerate(ask_all(halves, one, policy=policy), start=1):
        on_progress(Progress("judging", number, len(halves)))
        if ended.reply is None:
            continue
        told = Told(said(ended.reply.text), ended.reply.tokens_in or 0, ended.reply.tokens_out or 0)
        yield from _whole(waiting, ended.item, told)


def ask_here(
    settings: JudgeSettings, instruction: str, questions: Sequence[Question], *, on_progress: OnProgress
) -> Iterator[Judgement]:
    """Judgements by the likeliest of the three replies; pairs too long for the model are left out."""
    from harness.models.scoring import Scorer
    from harness.prompted import context_of, label_tokens
    from trainers.language.loading import load_language
    from trainers.language.rendering import prompt_ids

    language = load_language(settings.model, quantised=settings.quantised)
    sample = messages(settings, instruction, questions[0].pair, turned=False)
    labels = label_tokens(language.tokenizer, sample, SAYING)
    room = context_of(language) - max(map(len, labels.tokens))
    halves, prompts = [], []
    for question in questions:
        both = [
            prompt_ids(language.tokenizer, messages(settings, instruction, question.pair, turned=turned))
            for turned in (False, True)
        ]
        if max(map(len, both)) <= room:
            halves += [Half(question, False), Half(question, True)]
            prompts += [ids[: len(ids) - labels.cut] for ids in both]
    if not prompts:
        return
    scorer = Scorer(language.network, prompts, labels.tokens, on_progress=on_progress, stage="judging")
    waiting: dict[tuple[str, str, str, str], dict[bool, Told]] = {}
    done = 0
    for pack in scorer.packs(prompts):
        scored = scorer.score([prompts[number] for number in pack])
        for number, logprobs in zip(pack, scored, strict=True):
            best = SAYING[max(range(len(SAYING)), key=logprobs.__getitem__)]
            yield from _whole(waiting, halves[number], Told(best, len(prompts[number]), 1))
        done += len(pack)
        on_progress(Progress("judging", done, len(prompts)))


def _whole(
    waiting: dict[tuple[str, str, str, str], dict[bool, Told]], half: Half, told: Told
) -> Iterator[Judgement]:
    """The judgement of a pair once both orders are there."""
    key = half.question.key
    both = waiting.setdefault(key, {})
    both[half.turned] = told
    if len(both) < 2:
        return
    _, id, output, other = key
    first, second = both[False], both[True]
    yield Judgement(
        kind=half.question.kind,
        id=id,
        output=output,
        other=other,
        first=first.said,
        second=second.said,
        tokens_in=first.tokens_in + second.tokens_in,
        tokens_out=first.tokens_out + second.tokens_out,
    )
