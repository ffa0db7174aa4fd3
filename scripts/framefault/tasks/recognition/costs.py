"""Work of the stages that handle clips and R3D, and the bytes that they leave."""

from functools import cache

from framefault.data.extent import changed, clips_of
from framefault.tasks.recognition.segments import sliding_windows
from framefault.video.decode import cache_size

PASSES = {"none": 3, "bat": 3, "at": 6}  # backward is two; AT does all twice


@cache
def counted(depth, width, frames, size):
    """(tera-operations of R3D for one segment, number of parameters), counted by torch."""
    import torch

    from framefault.tasks.recognition.r3d import R3D
    from framefault.training import operations

    def forward():
        model = R3D(depth, 51, width).eval()
        model(torch.empty(1, 3, frames, size, size))
        return model

    return operations.counted(forward)


def cached_size(clips, split, config):
    """(width, height) of cached frames."""
    if split == "train":
        return cache_size(clips.width, clips.height, config["decode"]["train_short_side"])
    size = config["recognition"]["network"]["size"]
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
    operations, parameters = counted(**room["network"])
    segments = PASSES[stage.rpartition("_")[2]] * clips_of(wildcards, config, "train").count
    if recipe["validate_on"] == "test":
        segments += 3 * clips_of(wildcards, config, "test").count
    return recipe["epochs"] * segments * operations, 12.0 * parameters  # with the checkpoint


def predict(stage, wildcards, config):
    clips, network = clips_of(wildcards, config, "test"), config["recognition"]["network"]
    segments = len(sliding_windows(round(clips.frames), network["frames"]))
    share = changed(wildcards, clips.bytes)
    return share * clips.count * segments * counted(**network)[0], 500.0 * clips.count


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
}
