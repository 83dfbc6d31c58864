"""The knobs of the experiment."""

SEEDS = [0]
HIDDEN = [48, 96, 144]
LEARNING_RATES = [0.05, 0.2]
EPOCHS = 90
BATCH = 64
ACTIVATION = "relu"
AUGMENTATIONS = ["shift", "rotate", "noise"]
COPIES = 6
TEST_SHARE = 0.25
WHITEN = False
OUTPUT = "results"
NOTE = "baseline grid"
