"""What we agreed to run and to call a win, before seeing any number: `plan.toml`, edited by people."""

from __future__ import annotations

from typing import Literal

import msgspec

Variant = Literal["lora", "rslora", "dora", "pissa"]
Turns = Literal["last", "all"]


class TrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the trained arms learn; the same budget for each of them."""

    epochs: float = 3.0
    """Passes over the training split."""
    learning_rate: float = 0.0
    """Peak learning rate; 0 takes the method's own default."""
    rank: int = 16
    """Rank of the adapter."""
    batch_size: int = 16
    """Examples per optimizer step."""
    max_length: int = 1024
    """Longest row in tokens; longer ones are counted and refused above 1 %."""
    variant: Variant = "lora"
    """Kind of adapter: lora, rslora (arXiv 2312.03732), dora (2402.09353) or pissa (2404.02948)."""
    dropout: float = 0.0
    """Dropout on the adapter's input, 0 to 1."""
    weight_decay: float = 0.0
    """Decoupled weight decay."""
    turns: Turns = "last"
    """Which answers of a conversation are learnt: the last one, or all of the assistant's."""
    evaluations: int = 5
    """How often validation loss is measured during training; the best weights are kept. 0: the last are."""
    patience: int = 0
    """Stop after so many evaluations without a better one; 0 never stops early."""
    keep_4bit: bool = False
    """qlora holds its base in 4-bit during training too; otherwise it is opened once where memory allows."""
    replay: float = 0.0
    """Share of the training rows of the run continued from that are learnt again, 0 to 1."""


class PreferenceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How arms learn from preference pairs: dpo, reward and rlhf."""

    beta: float = 0.1
    """dpo: how dear it is to leave the start; larger stays closer (arXiv 2305.18290)."""
    learning_rate: float = 0.0
    """Peak rate of dpo; 0 takes 5e-6 for adapters, 5e-7 for all weights."""
    epochs: float = 1.0
    """Passes over the pairs, for dpo and for the reward model."""
    reward_learning_rate: float = 0.0
    """Peak rate of the reward model; 0 takes 1e-4 for adapters, 1e-5 for all weights."""
    policy_learning_rate: float = 0.0
    """Peak rate of the policy; 0 takes 1e-5 for adapters, 1e-6 for all weights."""
    algorithm: Literal["rloo", "grpo"] = "rloo"
    """rlhf: policy gradient with leave-one-out (arXiv 2402.14740) or group baseline (2402.03300)."""
    generations: int = 4
    """rlhf: answers drawn for each prompt."""
    prompts: int = 8
    """rlhf: prompts per optimizer step."""
    steps: int = 100
    """rlhf: optimizer steps of the policy."""
    kl: float = 0.05
    """rlhf: price of one nat of divergence from the start, in rewards."""
    temperature: float = 1.0
    """rlhf: of the drawn answers."""
    max_new_tokens: int = 64
    """rlhf: longest drawn answer."""


class DistillationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose answers a small model learns."""

    teacher: str
    """Model that writes the outputs: as `model` in the plan, or the name that the endpoint knows."""
    base_url: str = ""
    """OpenAI-compatible endpoint, such as `http://localhost:8000/v1`; empty runs the teacher here."""
    max_new_tokens: int = 256
    """Longest answer; one that is cut there is left out."""
    quantised: bool = False
    """Whether a teacher that runs here is held in 4-bit."""
    at_once: int = 8
    """Endpoint: requests under way at most."""
    tries: int = 5
    """Endpoint: requests per row at most."""
    deadline: float = 120.0
    """Endpoint: seconds without an answer after which a request counts as lost."""
    max_usd: float = 0.0
    """Endpoint: stop before the requests cost more; 0 sets no cap."""
    usd_in: float = 0.0
    """Endpoint: USD per million input tokens; 0 takes the list price where the model is listed."""
    usd_out: float = 0.0
    """Endpoint: USD per million output tokens; as above."""

    def asked(self) -> DistillationSettings:
        """Only what changes its answers: a cap or a deadline may be changed, and the answers are kept."""
        return DistillationSettings(
            teacher=self.teacher,
            base_url=self.base_url,
            max_new_tokens=self.max_new_tokens,
            quantised=self.quantised,
        )


class PretrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How raw text is read before the rows are learnt."""

    learning_rate: float = 0.0
    """Peak rate; 0 takes 1e-4 for adapters, 2e-5 for all weights."""
    epochs: float = 1.0
    """Passes over the texts."""


class EndpointSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model behind an OpenAI-compatible server, asked as `endpoint`, `endpoint_rag` or `tuned_endpoint`."""

    base_url: str
    """Address, such as `http://localhost:8000/v1`."""
    model: str
    """Its name there."""
    max_new_tokens: int = 0
    """Longest answer; 0 takes that of the other arms, and 32 for labels."""
    at_once: int = 16
    """Requests under way at most."""
    tries: int = 5
    """Requests per row at most."""
    deadline: float = 120.0
    """Seconds without an answer after which a request counts as lost."""
    max_usd: float = 0.0
    """Stop before the requests of the arm cost more; 0 sets no cap."""
    usd_in: float = 0.0
    """USD per million input tokens; 0 takes the list price where the model is listed."""
    usd_out: float = 0.0
    """USD per million output tokens; as above."""


class PromptSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the arm optimised_prompt may try on validation rows."""

    wordings: int = 8
    """Wordings of the task at most, the plan's own among them."""
    proposals: int = 2
    """Of them written by the model itself, from training rows."""


class RetrievalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the arms that retrieve find passages in the documents, the same for each of them."""

    by: Literal["words", "meaning", "both"] = "words"
    """words: BM25; meaning: sentence embeddings; both: fused by reciprocal ranks."""
    passages: int = 0
    """Passages put into each prompt; 0 settles it on validation rows by what is found."""
    embedder: str = ""
    """sentence-transformers model for meaning, a hub id or a folder."""
    reranker: str = ""
    """Cross-encoder that orders the best anew, a hub id or a folder; empty for none."""
    cite: bool = True
    """Ask for the numbers of the passages that an answer rests on; not where labels are asked for."""
    abstain: str = ""
    """What to say where the passages do not hold the answer; empty does not offer it."""


class GenerationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How text is written, the same for every arm."""

    max_new_tokens: int = 0
    """Longest answer in tokens, thinking included; 0 takes twice what the longest training output needs."""
    stop: list[str] = []
    """Texts that end an answer and are no part of it, besides the model's own end tokens."""
    constrain: Literal["", "labels", "json"] = ""
    """Rule out all else: labels has a label written rather than scored, json holds to the schema of [metrics]
    or of the training outputs. For models that run here."""
    batches: Literal["plain", "continuous"] = "plain"
    """continuous lets an answer in as another ends, for long answers of different length."""


class JudgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that says which of two answers is better, for the metric `judge`."""

    model: str
    """As `model` of the plan for one that runs here, or the name of a fixed version that the server knows."""
    base_url: str = ""
    """OpenAI-compatible server, such as `http://localhost:8000/v1`; empty runs the judge here."""
    against: str = ""
    """Arm of the plan whose answers the others are held against; empty takes the wanted outputs."""
    criteria: str = ""
    """What makes an answer better, in sentences; empty takes ours."""
    template: str = ""
    """Digest of the words that it is asked in; written by `plan` and `compare`, another one is refused."""
    repeats: int = 30
    """Pairs asked once more at a server, to see how often it changes its mind."""
    quantised: bool = False
    """Whether a judge that runs here is held in 4-bit."""
    max_new_tokens: int = 256
    """Longest reply of a server, thinking included."""
    at_once: int = 16
    """Requests under way at most."""
    tries: int = 5
    """Requests per question at most."""
    deadline: float = 120.0
    """Seconds without a reply after which a request counts as lost."""
    max_usd: float = 0.0
    """Stop before the judge costs more; 0 sets no cap."""
    usd_in: float = 0.0
    """USD per million input tokens; 0 takes the list price where the model is listed."""
    usd_out: float = 0.0
    """USD per million output tokens; as above."""


class MetricSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some metrics look up, in files within the engagement."""

    json_schema: str = ""
    """JSON Schema of the outputs, such as `data/schema.json`; empty infers it from the training rows."""
    glossary: str = ""
    """CSV or TSV of terms and how they are to be put, such as `data/glossary.csv`; empty where none."""
    database: str = ""
    """SQLite file, or folder of such files, to run SQL on with --allow-execution; empty where none."""


class SearchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rate, rank and epochs are sought on the validation split, for every fine-tuned arm alike."""

    trials: int = 20
    """Trainings at most for each arm; poor ones are cut short."""
    minutes: float = 0.0
    """Stop beginning new ones after so many minutes for each arm; 0 sets no such limit."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The decision rule and the work."""

    arms: list[str]
    """What runs, each a file in `harness/arms/`."""
    model: str = "starter"
    """`starter`, a hub id, or a local folder."""
    instruction: str
    """The task in words, the same for every arm."""
    metric: str = "accuracy"
    """Primary metric, a file in `harness/metrics/`."""
    minimum_effect: float = 0.05
    """Smallest difference worth paying for, in the metric's unit (0.05 is five points)."""
    margin: float = 0.02
    """How much worse still counts as not worse."""
    seeds: list[int] = msgspec.field(default_factory=lambda: [0])
    """Seeds of the trained arms."""
    limit: int | None = None
    """At most this many rows of each split; None takes all."""
    contrasts: list[str] = []
    """Arms compared with the baseline, Holm-corrected together. Empty: every arm but the baseline."""
    training: TrainingSettings = TrainingSettings()
    """Shared by the trained arms."""
    search: SearchSettings | None = None
    """Seek better settings first, around those under [training]; None trains with them as they are."""
    canaries: bool = True
    """Put general tasks to every trained model and its base, to see what training made it forget."""
    begin_with: str = ""
    """Folder of an earlier training, `models/lora-...` here or in another engagement, to go on from."""
    preferences: PreferenceSettings = PreferenceSettings()
    """Shared by the arms that learn from preference pairs."""
    distillation: DistillationSettings | None = None
    """Teacher of the arms that learn another model's answers."""
    endpoint: EndpointSettings | None = None
    """Server of the arms `endpoint` and `endpoint_rag`."""
    tuned_endpoint: EndpointSettings | None = None
    """Server of the arm `tuned_endpoint`: a model that `tunecase tune` had fine-tuned for the task."""
    pretraining: PretrainingSettings = PretrainingSettings()
    """Shared by the arms that read raw text first."""
    prompting: PromptSettings = PromptSettings()
    """Budget of the arm `optimised_prompt`."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """Shared by the arms that search the documents."""
    generation: GenerationSettings = GenerationSettings()
    """Shared by the arms that write text."""
    judge: JudgeSettings | None = None
    """Judge of the metric `judge`."""
    metrics: MetricSettings = MetricSettings()
    """What the metrics look up."""
