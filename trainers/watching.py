"""What is written and looked at while a model trains: steps, checkpoints, validation, signals."""

from __future__ import annotations

import math
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from transformers import TrainerCallback

from advisor.engagement import codec
from advisor.engagement.errors import RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.runs import Evaluation, TrainingResult
from trainers.language.loading import device, peak_memory_gib

COMPLETE = "complete"
BESIDES = {
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "accuracy": "accuracy",
    "margin": "margin",
    "reward": "reward",
    "reward_std": "reward_spread",
    "kl": "divergence",
    "completions/mean_length": "answer_tokens",
    "completions/clipped_ratio": "cut_share",
}
"""What trl logs, and what we call it."""
TRIED = 20
"""Steps before a loss at the level of chance ends a training."""
SETTLED = 5
NEAR_CHANCE = 0.05


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `steps.jsonl`."""

    step: int
    """Optimizer step, from 1."""
    loss: float
    """Mean loss per trained token, nats."""
    learning_rate: float
    """Rate of this step."""
    grad_norm: float
    """Norm before clipping."""
    seconds: float
    """Training time so far, over all sessions."""
    tokens: int = 0
    """Tokens of the rows of this step."""
    tokens_per_second: float = 0.0
    """Tokens of this step over the time since the one before."""
    memory_gib: float = 0.0
    """Peak so far: allocated on a GPU, resident on a CPU."""
    besides: dict[str, float] = {}
    """What the objective logs besides: margin and accuracy of pairs, reward, divergence."""


class Keeper(TrainerCallback):  # type: ignore[misc]
    """Writes steps, marks whole checkpoints, and tells how far it is."""

    def __init__(
        self,
        folder: ModelFolder,
        *,
        clock: Callable[[], float],
        tell: Callable[[int, int, float], None],
        tokens: Sequence[int],
        vocabulary: int | None = None,
    ) -> None:
        self._folder, self._clock, self._tell, self._tokens = folder, clock, tell, tokens
        self._chance = math.log(vocabulary) if vocabulary else math.inf
        self._recent: list[float] = []
        self._before = clock()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """One line per optimizer step."""
        if not logs or "loss" not in logs:
            return
        seconds = self._clock()
        tokens = self._tokens[state.global_step - 1]
        step = Step(
            step=state.global_step,
            loss=logs["loss"],
            learning_rate=logs.get("learning_rate", 0.0),
            grad_norm=float(logs.get("grad_norm", 0.0)),
            seconds=seconds,
            tokens=tokens,
            tokens_per_second=tokens / max(seconds - self._before, 1e-6),
            memory_gib=peak_memory_gib(device()),
            besides={name: float(logs[key]) for key, name in BESIDES.items() if key in logs},
        )
        self._before = seconds
        with self._folder.steps_path.open("ab") as out:
            out.write(codec.encode(step) + b"\n")
        self._tell(state.global_step, state.max_steps, step.loss)
        self._refuse_chance(step)

    def _refuse_chance(self, step: Step) -> None:
        """Learning nothing looks like guessing among all tokens: ln(V) nats per token."""
        self._recent = [*self._recent, step.loss][-SETTLED:]
        if step.step >= TRIED and min(self._recent) >= self._chance - NEAR_CHANCE:
            raise RunFailed(
                f"after {step.step} steps the loss is {step.loss:.2f}, as of guessing among all tokens "
                f"({self._chance:.2f}): nothing is learnt",
                fix="check that the model and its tokenizer belong together, or change learning_rate",
            )

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The marker comes last: a checkpoint without it does not count."""
        folder = self._folder.checkpoint_path / f"checkpoint-{state.global_step}"
        codec.write_text(folder / COMPLETE, f"{state.global_step}\n")
        for older in self._folder.checkpoint_path.glob("checkpoint-*"):
            if older != folder:
                shutil.rmtree(older)


def last_checkpoint(folder: ModelFolder) -> tuple[Path | None, int]:
    """The newest whole checkpoint and its step; broken ones are removed."""
    whole: list[tuple[int, Path]] = []
    for path in folder.checkpoint_path.glob("checkpoint-*"):
        if (path / COMPLETE).exists():
            whole.append((int(path.name.rsplit("-", 1)[1]), path))
        else:
            shutil.rmtree(path)
    if not whole:
        return None, 0
    step, path = max(whole)
    return path, step


def keep_steps(folder: ModelFolder, until: int) -> list[Step]:
    """Cut `steps.jsonl` back to the checkpoint's step."""
    codec.cut_torn_line(folder.steps_path)
    if not folder.steps_path.exists():
        return []
    kept = [step for step in codec.iter_lines(folder.steps_path, Step) if step.step <= until]
    codec.write_bytes(folder.steps_path, b"".join(codec.encode(step) + b"\n" for step in kept))
    return kept


class Evaluator(TrainerCallback):  # type: ignore[misc]
    """Looks at the validation split now and then, keeps the best weights, and may end the training."""

    def __init__(
        self,
        folder: ModelFolder,
        *,
        at: Sequence[int],
        patience: int,
        measure: Callable[[int], Evaluation],
        keep: Callable[[Path], None],
        until: int,
    ) -> None:
        self._folder, self._at, self._patience = folder, frozenset(at), patience
        self._measure, self._keep = measure, keep
        self.made = kept_evaluations(folder, until)
        self.stopped = self._enough()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Measure, keep what is better than all before, stop after `patience` that are not."""
        if state.global_step not in self._at:
            return
        found = self._measure(state.global_step)
        if found.loss < min((one.loss for one in self.made), default=math.inf):
            _replace(self._folder.best_path, self._keep)
        self.made.append(found)
        with self._folder.evaluations_path.open("ab") as out:
            out.write(codec.encode(found) + b"\n")
        self.stopped = self._enough()
        if self.stopped:
            control.should_training_stop = True
            control.should_save = False

    def best(self) -> Evaluation | None:
        """The look with the lowest loss, the earliest of equals."""
        return min(self.made, key=lambda one: (one.loss, one.step), default=None)

    def _enough(self) -> bool:
        best = self.best()
        if not self._patience or best is None:
            return False
        return len(self.made) - 1 - self.made.index(best) >= self._patience


class Pauser(TrainerCallback):  # type: ignore[misc]
    """Ends the training after the present step, saved, once a signal asked for it."""

    def __init__(self) -> None:
        self.asked: int | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save and stop, or go on."""
        if self.asked is not None and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True


@contextmanager
def pausing(pauser: Pauser) -> Iterator[None]:
    """SIGTERM and Ctrl-C wait for the end of the step and its checkpoint; a second one does not wait.

    Afterwards the signal is delivered to whoever listened before. Outside the main thread nothing changes.
    """
    before: dict[int, Any] = {}

    def ask(number: int, frame: FrameType | None) -> None:
        if pauser.asked is not None and callable(before[number]):
            before[number](number, frame)
        pauser.asked = number

    try:
        for asked in (signal.SIGTERM, signal.SIGINT):
            before[asked] = signal.signal(asked, ask)
    except ValueError:
        before.clear()
    try:
        yield
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)
    if pauser.asked is not None:
        signal.raise_signal(pauser.asked)


def kept_evaluations(folder: ModelFolder, until: int) -> list[Evaluation]:
    """Cut `evaluations.jsonl` back to the checkpoint's step."""
    path = folder.evaluations_path
    codec.cut_torn_line(path)
    if not path.exists():
        return []
    kept = [one for one in codec.iter_lines(path, Evaluation) if one.step <= until]
    codec.write_lines(path, kept)
    return kept


def conclude(folder: ModelFolder, result: TrainingResult) -> None:
    """The result, and then nothing that only a resumed training needs."""
    codec.write_json(folder.result_path, result)
    for left in (folder.checkpoint_path, folder.best_path):
        shutil.rmtree(left, ignore_errors=True)


def evenly(steps: int, times: int) -> list[int]:
    """So many steps at even distances, the last one among them."""
    return sorted({max(1, round(steps * (number + 1) / times)) for number in range(times)}) if times else []


def overfitting(evaluations: Sequence[Evaluation], steps: Sequence[Step]) -> str | None:
    """In words, where validation got worse by 2 % or more while training went on to improve."""
    if len(evaluations) < 2:
        return None
    best, last = min(evaluations, key=lambda one: one.loss), evaluations[-1]
    trained = {step.step: step.loss for step in steps}
    falling = trained.get(last.step, math.inf) < trained.get(best.step, -math.inf)
    if last.loss < 1.02 * best.loss or not falling:
        return None
    return (
        f"over-fitting: validation loss rose from {best.loss:.3f} after step {best.step} to {last.loss:.3f} "
        f"after step {last.step} while training loss fell; the weights of step {best.step} are kept"
    )


def _replace(target: Path, write: Callable[[Path], None]) -> None:
    staging = target.with_name(f"{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    write(staging)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
