"""Work of the stages that handle clips and R3D, and the bytes that they leave."""

from functools import cache

from framefault.data.extent import changed, clips_of
from framefault.tasks.recognition.methods import networks
from framefault.tasks.recognition.segments import sliding_windows
from framefault.video.decode import cache_size

PASSES = {"none": 3, "bat": 3, "at": 6}  # backward is two; AT does all twice


def counted(network):
    """(tera-operations of a network for one segment, number of parameters), counted by torch.

    `network` is that section of the configuration.
    """
    return _counted(tuple(sorted(network.items())))


@cache
def _counted(network):
    import torch

    from framefault.training import operations

    parameters = dict(network)
    name, frames, size = (parameters.pop(key) for key in ("name", "frames", "size"))

    def forward():
        model = networks()[name].load(**parameters)(51).eval()
        model(torch.empty(1, 3, frames, size, size))
        return model

    return operations.counted(forward)


def cached_size(clips, wildcards, config):
    """(width, height) of cached frames."""
    if wildcards["split"] == "train":
        return cache_size(clips.width, clips.height, config["decode"]["train_short_side"])
    size = int(wildcards.get("size", config["recognition"]["network"]["size"]))
    return size, size


def generate(stage, wildcards, config):
    train, test = (clips_of(wildcards, config, split) for split in ("train", "test"))
    return train.megapixels + test.megapixels, train.stored + test.stored


def list_videos(stage, wildcards, config):
    train, test = (clips_of(wildcards, config, split) for split in ("train", "test"))
    return (train.stored + test.stored) / 1e6, 200.0 * (train.count + test.count)


def train(stage, wildcards, config):
    room, dataset = config["recognition"], config["datasets"][wildcards["dataset"]]
    recipe = room["recipes"][dataset["recipe"]]
    operations, parameters = counted(room["network"])
    segments = PASSES[stage.rpartition("_")[2]] * clips_of(wildcards, config, "train").count
    if recipe["validate_on"] == "test":
        segments += 3 * clips_of(wildcards, config, "test").count
    return recipe["epochs"] * segments * operations, 12.0 * parameters  # with the checkpoint


def predict(stage, wildcards, config):
    clips, network = clips_of(wildcards, config, "test"), config["recognition"]["network"]
    segments = len(sliding_windows(round(clips.frames), network["frames"]))
    share = changed(wildcards, clips.bytes)
    return share * clips.count * segments * counted(network)[0], 500.0 * clips.count


def predict_model(stage, wildcards, config):
    """Megapixels that a model of one's own sees: its operations cannot be counted unseen."""
    clips = clips_of(wildcards, config, "test")
    model = config["recognition"]["models"][wildcards["model"]]
    segments = len(sliding_windows(round(clips.frames), model["frames"] * model["stride"]))
    seen = segments * model["frames"] * model["size"] ** 2 / 1e6
    return changed(wildcards, clips.bytes) * clips.count * seen, 500.0 * clips.count


def checksum(stage, wildcards, config):
    clips = clips_of(wildcards, config, "test")
    return clips.stored / 1e6, 100.0 * clips.count


# Stages by the start of their names: the first that fits.
WORK = {
    "generate_motion": generate,
    "manifest_recognition": list_videos,
    "train_recognition": train,
    "predict_recognition": predict,
    "predict_checksum": checksum,
    "predict_model": predict_model,
}
