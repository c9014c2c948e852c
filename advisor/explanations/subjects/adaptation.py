"""Words around changing a model."""

from advisor.engagement.records.plan import TrainingSettings
from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

DEFAULTS = TrainingSettings()

SUBJECT = Subject(
    name="adaptation",
    entries=(
        Entry(
            name="fine_tuning",
            title="fine-tuning",
            what="A model that can already read and write is trained further on examples, so that its "
            "weights, or a small addition to them, change.",
            paragraphs=(
                "It teaches form: label, format, tone, syntax, a narrow skill. Facts are learned badly that "
                "way, and go stale.",
                "Computing is the small part of its price. Examples, a test, several attempts, hosting, and "
                "doing it again when the base model is replaced are the large part.",
                "If a first trial with 50 good examples changes nothing, rethink the task before collecting "
                "more.",
            ),
            figures=(
                Figure("A prompted model reached an AUC of 0.56, a tuned one 0.93.", s.THUMBTACK),
                Figure("Tuning gained 6 points, retrieval 5 more on top.", s.AGRICULTURE),
                Figure(
                    "Tuning and retrieval gained about 30 % each, and 83 % together; tuning cut tokens by "
                    "over 60 % and about halved the waiting.",
                    s.NOVA,
                ),
                Figure("About one in four high-stakes applications needed advanced tuning.", s.AMAZON_2026),
            ),
            see_also=("instruction_tuning", "adapter", "labelled_examples", "sft_api"),
            aliases=("finetuning", "tuning", "training"),
        ),
        Entry(
            name="instruction_tuning",
            title="instruction tuning (SFT, supervised fine-tuning)",
            what="Training on pairs of an input and the output it should have had; only the output counts in "
            "what is learned.",
            paragraphs=(
                "It is the ordinary form of tuning, and the first step before learning from pairs or "
                "rewards.",
                "Examples must look like production: the same prompt, the same kind of input, and the "
                "passages too where retrieval will supply them.",
            ),
            figures=(
                Figure("Improvement usually shows with 50 to 100 examples.", s.OPENAI_DATA),
                Figure(
                    "1,000 curated pairs made a 65B model tie with GPT-4 or beat it in 43 % of comparisons.",
                    "LIMA",
                ),
            ),
            see_also=("labelled_examples", "adapter", "full", "dpo"),
            aliases=("sft", "supervised fine-tuning", "supervised tuning", "instruct tuning"),
        ),
        Entry(
            name="adapter",
            title="adapter (a small addition to frozen weights)",
            what="A pair of thin matrices beside each layer; training moves them and leaves the model itself "
            "as it was. LoRA is the common kind.",
            paragraphs=(
                "It is a file of megabytes, so that dozens of tasks or customers can share one base model on "
                "one card.",
                "It fits the base model it was trained on and no other. Keep the training data and the "
                "recipe: they outlive the adapter.",
                "Merged into the weights it answers slightly differently; measure the form that ships.",
            ),
            figures=(
                Figure(
                    "Adapters on all layers equal full tuning on small and medium sets, with about ten times "
                    "its learning rate.",
                    s.LORA_REGRET,
                ),
                Figure("25 adapters were served from one A100.", s.LORA_LAND),
                Figure("60 adapters were served from one GPU.", "Convirza, in the ZenML LLMOps Database"),
            ),
            see_also=("lora", "qlora", "rank", "base_model"),
            aliases=("adapters", "peft", "low-rank adaptation", "low-rank adapter"),
        ),
        Entry(
            name="rank",
            title="rank (width of an adapter)",
            what="How many directions of change an adapter can hold in each layer.",
            paragraphs=(
                f"The plan's default is {DEFAULTS.rank}. A higher rank takes more memory and can learn more.",
                "Where a higher rank changes nothing, the examples are the limit and not the adapter.",
            ),
            figures=(Figure("In reinforcement learning even rank 1 equalled full tuning.", s.LORA_REGRET),),
            see_also=("adapter", "lora"),
            aliases=("lora rank",),
        ),
        Entry(
            name="quantisation",
            title="quantisation (fewer bits per weight)",
            what="Weights are stored in 8 or 4 bits instead of 16, so that a larger model fits on a card, at "
            "some loss of speed and precision.",
            paragraphs=(
                "NF4 is the 4-bit form that QLoRA trains over: about half a byte per weight, with a shared "
                "scale for each small group of weights.",
                "The frozen weights are quantised, the adapter is not, so little quality is lost in "
                "training.",
                "A quantised model and its 16-bit original are two models: measure the one that ships.",
            ),
            figures=(
                Figure("A 65B model was tuned on one card with 48 GB.", s.QLORA),
                Figure("Over 31 tasks, tuned adapters gained 34 points on average.", s.LORA_LAND),
            ),
            see_also=("qlora", "adapter", "hardware"),
            aliases=("quantization", "nf4", "4-bit", "8-bit", "int8", "quantised", "quantized"),
        ),
        Entry(
            name="catastrophic_forgetting",
            title="catastrophic forgetting (learning one thing, losing others)",
            what="Training on a narrow task weakens what the model could do before.",
            paragraphs=(
                "It grows with the amount of training and with the number of weights that move; adapters "
                "forget less than full tuning.",
                "Keep a few general cases in the test, score them before and after, and mix general examples "
                "into the training rows where they fall.",
                "A model that does one task only may forget the rest without harm. Say so in writing.",
            ),
            figures=(
                Figure(
                    "With 100,000 pairs or 20 billion tokens of code and maths, adapters learned less than "
                    "full tuning and forgot less.",
                    s.LEARNS_LESS,
                ),
                Figure(
                    "With general text mixed in, general ability fell by about 1 %.",
                    "eBay, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("full", "adapter", "continued_pretraining"),
            aliases=("forgetting",),
        ),
        Entry(
            name="overfitting",
            title="overfitting (learning rows by heart)",
            what="The model learns its training rows instead of the task: it gets better on them and worse "
            "on everything else.",
            paragraphs=(
                "It shows where validation loss rises while training loss still falls. Fewer epochs, more "
                "varied examples or a lower rank help.",
                f"The plan's default is {DEFAULTS.epochs:g} epochs, passes over the training rows.",
            ),
            see_also=("validation", "leakage", "rank"),
            aliases=("overfit", "epoch", "epochs"),
        ),
        Entry(
            name="base_model",
            title="base model (what one starts from)",
            what="The model before any training of one's own.",
            paragraphs=(
                "Begin with the smallest that passes the test after tuning. How models rank before tuning "
                "says little about how they rank after it.",
                "Its licence, its languages, its context window and the date of its retirement come with it.",
                "A newer one may overtake a tuned model with a plain prompt: rerun the comparison every "
                "year.",
            ),
            figures=(
                Figure(
                    "A health start-up's tuned model was overtaken within 12 to 18 months.",
                    "Anterior, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("open_weights", "licence", "sft_api", "adapter"),
            aliases=("foundation model", "pre-trained model", "starting model"),
        ),
        Entry(
            name="checkpoint",
            title="checkpoint (a saved state of training)",
            what="Everything needed to go on training from a moment, or to score the model as it then was.",
            paragraphs=(
                "An interrupted `tunecase compare` goes on from the last one.",
                "If one of several is to be kept, choose on validation rows, never on held-out ones.",
            ),
            see_also=("validation", "seed"),
            aliases=("checkpoints", "resume"),
        ),
        Entry(
            name="distillation",
            title="distillation (teacher and student)",
            what="A large model, the teacher, writes outputs for many inputs; a small one, the student, is "
            "trained to give the same.",
            paragraphs=(
                "It is for price, speed and hosting: the student rarely passes its teacher. First make sure "
                "that the teacher meets the target.",
                "Drop the teacher's wrong outputs before training, or they are learned with the rest.",
                "The teacher's licence or terms may forbid training on its outputs.",
            ),
            figures=(
                Figure(
                    "An 8B student reached an F1 of 95.7, its teacher 95.8.",
                    "Instacart, in the ZenML LLMOps Database",
                ),
                Figure(
                    "With 685 examples a student kept 96 % of the quality at 98 % lower cost.",
                    "NVIDIA, in the ZenML LLMOps Database",
                ),
                Figure("The same work cost USD 2.70 instead of USD 3,061.", s.HF_COST),
                Figure("F1 rose from 91.7 % to 98.6 %.", "Podium, in the ZenML LLMOps Database"),
            ),
            see_also=("licence", "break_even", "latency"),
            aliases=("teacher", "student", "knowledge distillation", "distil", "distill"),
        ),
        Entry(
            name="continued_pretraining",
            title="continued pre-training (reading raw text at length)",
            what="A base model reads billions of tokens of raw text, without questions or labels, to learn a "
            "language or a field it barely knows.",
            paragraphs=(
                "It is a project for a group with a cluster, and comes before instruction tuning, not "
                "instead of it.",
                "A shelf of documents is far too little for it: use retrieval for those.",
            ),
            figures=(
                Figure("10 billion tokens of case law were read.", s.HARVEY),
                Figure("314 billion tokens were read.", "Swallow, in the ZenML LLMOps Database"),
                Figure("A trillion tokens were read on 480 H100.", "eBay, in the ZenML LLMOps Database"),
            ),
            see_also=("unlabelled_text", "catastrophic_forgetting", "rag"),
            aliases=("continued pre-training", "further pre-training", "domain pre-training", "cpt"),
        ),
    ),
)
