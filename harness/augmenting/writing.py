"""Rounds of requests until enough rows are taken: every reply is kept, and a killed round goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from advisor.engagement import codec, digests
from advisor.engagement.progress import OnProgress, Progress
from advisor.engagement.records.augment import Augmented, AugmentSpec, Reply
from advisor.engagement.records.examples import Example, Message
from harness.augmenting.filtering import Judge, Sieve, judge_of
from harness.augmenting.requests import ROWS_PER_CALL, Request, most_calls, request
from harness.endpoints.client import Reply as Answer
from harness.endpoints.client import ask, client_for
from harness.endpoints.pool import Policy, ask_all
from harness.endpoints.purse import Purse

LONGEST_REPLY = 1024
"""Tokens of one reply."""
AT_ONCE = 8
"""Requests of one round; a round is sifted before the next, so that nothing is asked for in vain."""
DEADLINE = 120.0
"""Seconds for one request."""

Writer = Callable[[Sequence[Request]], Iterator[Reply]]
"""Requests of one round to their replies, in whatever order they come."""


@dataclass
class Ground:
    """The client's rows, as frozen."""

    train: Sequence[Example]
    """Rows to learn from: the only ones that a model is shown."""
    held_out: Sequence[Example]
    """Validation and test rows: none of them may be repeated."""
    output_form: str
    """What most outputs parse as, by the profile."""

    @cached_property
    def judge(self) -> Judge | None:
        """The client's labels as a classifier has learnt them; None without labels to tell apart."""
        return judge_of(self.train)

    @property
    def labels(self) -> list[str]:
        """All labels in alphabetical order."""
        return sorted({row.label for row in (*self.train, *self.held_out) if row.label is not None})


def write(
    spec: AugmentSpec,
    folder: Path,
    ground: Ground,
    make_writer: Callable[[], Writer],
    *,
    on_progress: OnProgress,
) -> tuple[Augmented, list[Example]]:
    """Ask, keep, sift, until every label has its rows or its requests are used up.

    Replies on disk are not asked for again; `make_writer` is called only where something is asked. What
    stops the asking (a cap, a refused key) is raised once the replies so far are on disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    codec.write_json(folder / "spec.json", spec)
    codec.write_text(folder / "template.txt", spec.template)
    path = folder / "replies.jsonl"
    writer: Writer | None = None
    while True:
        replies, sieve = sifted(spec, folder, ground)
        open_ones = _next(spec, replies, sieve, ground)
        if not open_ones:
            result = _result(spec, folder, replies, sieve, complete=True)
            codec.write_json(folder / "result.json", result)
            return result, sieve.taken
        done = sum(map(sieve.count, spec.wanted))
        on_progress(Progress("augment", done, sum(spec.wanted.values()), f"{len(replies)} replies"))
        writer = writer or make_writer()
        with path.open("ab") as out:
            for reply in writer(open_ones):
                out.write(codec.encode(reply) + b"\n")
                out.flush()


def so_far(spec: AugmentSpec, folder: Path, ground: Ground) -> tuple[Augmented, list[Example]]:
    """What the replies on disk amount to."""
    replies, sieve = sifted(spec, folder, ground)
    return _result(spec, folder, replies, sieve, complete=False), sieve.taken


def sifted(spec: AugmentSpec, folder: Path, ground: Ground) -> tuple[list[Reply], Sieve]:
    """Replies on disk by label and number, and what is taken of them."""
    found = codec.kept_lines(folder / "replies.jsonl", Reply)
    # replies of one round come in any order; sifted by number, a rerun takes the same rows
    order = {label: place for place, label in enumerate(spec.wanted)}
    once = {(reply.label, reply.call): reply for reply in reversed(found)}
    replies = sorted(once.values(), key=lambda reply: (reply.call, order[reply.label]))
    sieve = Sieve(ground.train, ground.held_out, output_form=ground.output_form, judge=ground.judge)
    for reply in replies:
        if reply.text is not None:
            sieve.put(reply, generator=spec.model, most=spec.wanted[reply.label])
    codec.write_lines(folder / "refused.jsonl", sieve.refused)
    return replies, sieve


def _next(spec: AugmentSpec, replies: Sequence[Reply], sieve: Sieve, ground: Ground) -> list[Request]:
    """The next round: every open label in turn, as many requests as its missing rows take."""
    asked = {label: 0 for label in spec.wanted}
    for reply in replies:
        asked[reply.label] = max(asked[reply.label], reply.call + 1)
    known = {(reply.label, reply.call) for reply in replies}
    holes = [(label, call) for label in asked for call in range(asked[label]) if (label, call) not in known]
    if holes:
        # a round that was cut is asked whole before the next one begins
        return _requests(spec, holes, ground)
    found: list[tuple[str, int]] = []
    depth = 0
    while len(found) < AT_ONCE:
        added = False
        for label, wanted in spec.wanted.items():
            missing = wanted - sieve.count(label)
            call = asked[label] + depth
            if depth * ROWS_PER_CALL < missing and call < most_calls(spec, label) and len(found) < AT_ONCE:
                found.append((label, call))
                added = True
        if not added:
            break
        depth += 1
    return _requests(spec, found, ground)


def _requests(spec: AugmentSpec, calls: Sequence[tuple[str, int]], ground: Ground) -> list[Request]:
    return [request(spec, label, call, ground.train, ground.labels) for label, call in calls]


def _result(
    spec: AugmentSpec, folder: Path, replies: Sequence[Reply], sieve: Sieve, *, complete: bool
) -> Augmented:
    answered = [reply for reply in replies if reply.text is not None]
    taken = {label: sieve.count(label) for label in spec.wanted}
    return Augmented(
        folder=folder.name,
        data=spec.data,
        model=spec.model,
        host=urlsplit(spec.base_url).hostname or "",
        calls=len(answered),
        failed=len(replies) - len(answered),
        written=sieve.written,
        taken=taken,
        short={label: most - taken[label] for label, most in spec.wanted.items() if taken[label] < most},
        refused=sieve.reasons(),
        rows_shown=len({id for reply in replies for id in reply.seeds}),
        tokens_in=sum(reply.tokens_in or 0 for reply in answered),
        tokens_out=sum(reply.tokens_out or 0 for reply in answered),
        usd=round(sum(reply.usd for reply in replies), 6),
        complete=complete,
    )


def endpoint_writer(spec: AugmentSpec, purse: Purse) -> Writer:
    """A model behind an OpenAI-compatible server."""
    client = client_for(spec.base_url, timeout=DEADLINE)

    def one(asked: Request) -> Answer:
        return purse.buy(
            asked.messages,
            LONGEST_REPLY,
            lambda: ask(
                client,
                spec.model,
                asked.messages,
                max_tokens=LONGEST_REPLY,
                temperature=spec.temperature,
            ),
        )

    def round_of(requests: Sequence[Request]) -> Iterator[Reply]:
        for ended in ask_all(requests, one, policy=Policy(at_once=AT_ONCE), seed=spec.seed):
            asked, reply = ended.item, ended.reply
            yield Reply(
                label=asked.label,
                call=asked.call,
                text=reply.text if reply else None,
                seeds=asked.seeds,
                tokens_in=reply.tokens_in if reply else None,
                tokens_out=reply.tokens_out if reply else None,
                usd=purse.price(reply.tokens_in or 0, reply.tokens_out or 0) if reply else 0.0,
                error=ended.error,
            )

    return round_of


def local_writer(spec: AugmentSpec) -> Writer:
    """A model that runs here; each request draws with a seed of its own."""
    from trainers.language.loading import load_language

    language = load_language(spec.model, quantised=False, adapter=None)

    def round_of(requests: Sequence[Request]) -> Iterator[Reply]:
        for asked in requests:
            key = f"{asked.label}/{asked.call}"
            text, tokens_in, tokens_out = _drawn(language, asked.messages, spec, key=key)
            yield Reply(
                label=asked.label,
                call=asked.call,
                text=text,
                seeds=asked.seeds,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
            )

    return round_of


def _drawn(
    language: Any, messages: Sequence[Message], spec: AugmentSpec, *, key: str
) -> tuple[str, int, int]:
    """One sampled answer with its prompt and answer tokens; the same for the same seed and key."""
    import torch

    from trainers.language.loading import padding
    from trainers.language.rendering import prompt_ids

    tokenizer = language.tokenizer
    prompt = prompt_ids(tokenizer, messages)
    context = int(getattr(language.network.config.get_text_config(), "max_position_embeddings", 0) or 1 << 30)
    room = context - len(prompt)
    if room < 1:
        return "", len(prompt), 0
    seed = int(digests.of_bytes(f"{spec.seed}/{key}".encode())[:8], 16)
    ids = torch.tensor([prompt], device=language.device)
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        out = language.network.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=min(LONGEST_REPLY, room),
            do_sample=True,
            temperature=spec.temperature,
            top_p=0.95,
            top_k=0,
            repetition_penalty=1.0,
            no_repeat_ngram_size=0,
            num_beams=1,
            pad_token_id=padding(tokenizer),
            eos_token_id=tokenizer.eos_token_id,
        )
    made = out[0][len(prompt) :].tolist()
    return tokenizer.decode(made, skip_special_tokens=True).strip(), len(prompt), len(made)
