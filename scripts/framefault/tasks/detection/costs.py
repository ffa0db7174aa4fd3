"""Work of the stages that handle detectors, and the bytes that they leave."""

from framefault.data.extent import frames_of
from framefault.data.scenes import HEIGHT, WIDTH

RELEASED = (1280, 720)  # pixels of most frames of ImageNet-VID
PASSES = 3  # backward is two
FOUND = 2000.0  # bytes of what is found in a frame


def train(stage, wildcards, config):
    model = config["detection"]["models"][wildcards["model"]]
    recipe = config["detection"]["recipes"][model["recipe"]]
    dataset = config["datasets"][model["dataset"]]
    pictures = recipe.get("batches", 0) * recipe["batch_size"]
    if not pictures and dataset["type"] == "scenes":
        pictures = dataset["videos"]["train"] * dataset["length"] / config["frames"]["every"]
    operations, parameters = counted_for(wildcards, config)
    return PASSES * recipe["epochs"] * pictures * operations, 12.0 * parameters


def predict(stage, wildcards, config):
    frames = frames_of(wildcards["dataset"], config)
    return frames * counted_for(wildcards, config)[0], frames * FOUND


def counted_for(wildcards, config):
    """(tera-operations for a frame, parameters) of a detector."""
    from framefault.tasks.detection.networks import counted

    made = config["datasets"][wildcards["dataset"]]["type"] == "scenes"
    network = config["detection"]["models"][wildcards["model"]]["network"]
    return counted(network, (WIDTH, HEIGHT) if made else RELEASED)


# Stages by the start of their names: the first that fits.
WORK = {"train_detection": train, "predict_detection": predict}
