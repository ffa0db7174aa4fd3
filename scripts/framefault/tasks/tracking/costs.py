"""Work of the stages that handle sequences and their tracks, and the bytes that they leave."""

from framefault.data.extent import changed, clips_of

PASSES = 3  # backward is two
PARAMETERS = 20.4e6  # of FairMOT; the small network has fewer
TRACKED = 300.0  # bytes of the tracks of a frame
# Tera-operations of FairMOT's network for a megapixel, as `networks.counted` has them: no plan
# needs timm. Of other detectors, for a frame.
DLA34, OTHER = 0.2726, 0.001


def cached_size(clips, split, config):
    """(width, height) of cached frames: all of them."""
    return clips.width, clips.height


def generate(stage, wildcards, config):
    parts = [clips_of(wildcards, config, split) for split in ("train", "test")]
    return sum(part.megapixels for part in parts), sum(part.megapixels for part in parts) * 4e5


def list_sequences(stage, wildcards, config):
    parts = [clips_of(wildcards, config, split) for split in ("train", "test")]
    return sum(part.megapixels for part in parts), 200.0 * sum(part.count for part in parts)


def teraflop(wildcards, config, clips):
    """Tera-operations of a tracker's detector for one frame; detections by file need none."""
    tracker = config["tracking"]["trackers"][wildcards["model"]]
    if tracker["detector"] != "fairmot":
        return OTHER
    width, height = tracker["input"] or (clips.width, clips.height)
    if tracker["network"]["backbone"] == "dla34":
        return DLA34 * width * height / 1e6
    from framefault.tasks.tracking.networks import counted

    return counted(tracker["network"], (width, height))[0]


def train(stage, wildcards, config):
    clips = clips_of(wildcards, config, "train")
    tracker = config["tracking"]["trackers"][wildcards["model"]]
    epochs = config["tracking"]["recipes"][tracker["recipe"]]["epochs"]
    frames = epochs * PASSES * clips.count * clips.frames
    return frames * teraflop(wildcards, config, clips), 12 * PARAMETERS  # with the checkpoint


def predict(stage, wildcards, config):
    clips = clips_of(wildcards, config, "test")
    frames = changed(wildcards, clips.bytes) * clips.count * clips.frames
    return frames * teraflop(wildcards, config, clips), TRACKED * clips.count * clips.frames


# Stages by the start of their names: the first that fits.
WORK = {
    "generate_crowd": generate,
    "manifest_tracking": list_sequences,
    "train_tracking": train,
    "predict_tracking": predict,
}
