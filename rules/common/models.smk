# Models: train, predict.
from framefault.models.bat import conditions as bat_conditions


def start_weights(wildcards):
    """The common checkpoint of all defences: another data set's model, or an imported file."""
    weights = DATASETS[wildcards.dataset]["weights"]
    if weights is None:
        return []
    if weights in DATASETS:
        return f"results/models/{weights}/none/seed0/weights.safetensors"
    return "results/weights/{dataset}.safetensors"


def weights_content(wildcards):
    """Digest of a user's weight file; where it is gone, of what was imported."""
    file = Path(DATASETS[wildcards.dataset]["weights"])
    if file.is_file():
        return digest(file)
    record = read_record(f"results/weights/{wildcards.dataset}.safetensors")
    return record["inputs"].get(str(file)) if record else ""


def validation_clips(wildcards):
    """The test split, where the recipe validates on it as the original does."""
    return decoded(wildcards.dataset, "test") if recipe(wildcards)["validate_on"] == "test" else []


def recipe(wildcards):
    return config["recipes"][DATASETS[wildcards.dataset]["recipe"]]


def bat_levels(wildcards):
    return bat_conditions(wildcards.defense, config["bat"]["levels"], config["bat"]["low_up_to"])


def corrupted_clips(wildcards):
    return [
        file
        for corruption, level in bat_levels(wildcards)
        for file in decoded(wildcards.dataset, "train", corruption, level, wildcards.seed)
    ]


def adversarial_options(wildcards):
    epsilon = int(wildcards.defense.removeprefix("at_eps"))
    return canonical({"epsilon": epsilon} | config["adversarial"])


def bat_options(wildcards):
    probability = config["bat"]["probability"]
    return canonical({"conditions": bat_levels(wildcards), "probability": probability})


def corrupted_test_clips(wildcards):
    if wildcards.corruption == "none":
        return []
    return decoded(wildcards.dataset, "test", wildcards.corruption, wildcards.level, wildcards.seed)


def clean_predictions(wildcards):
    """The model's logits of clean clips: those of clips that no damage changed are taken over.

    An oracle is not evaluated on clean clips, so it computes them.
    """
    if wildcards.corruption == "none" or wildcards.defense.startswith("bat_oracle"):
        return []
    return "results/predictions/{dataset}/{defense}/seed{seed}/none/0.parquet"
