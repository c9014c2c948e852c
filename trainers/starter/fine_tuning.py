"""Training settings that suit the starter model: a tiny model wants a far higher rate than a real one."""

from advisor.engagement.records.plan import TrainingSettings

FINE_TUNING = TrainingSettings(epochs=4.0, learning_rate=3e-3, rank=32, batch_size=8, max_length=1024)
