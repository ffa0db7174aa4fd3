"""The classes of video data sets, in the order of their index: WordNet id, name."""

IMAGENET_VID = (
    ("n02691156", "airplane"), ("n02419796", "antelope"), ("n02131653", "bear"),
    ("n02834778", "bicycle"), ("n01503061", "bird"), ("n02924116", "bus"), ("n02958343", "car"),
    ("n02402425", "cattle"), ("n02084071", "dog"), ("n02121808", "domestic cat"),
    ("n02503517", "elephant"), ("n02118333", "fox"), ("n02510455", "giant panda"),
    ("n02342885", "hamster"), ("n02374451", "horse"), ("n02129165", "lion"),
    ("n01674464", "lizard"), ("n02484322", "monkey"), ("n03790512", "motorcycle"),
    ("n02324045", "rabbit"), ("n02509815", "red panda"), ("n02411705", "sheep"),
    ("n01726692", "snake"), ("n02355227", "squirrel"), ("n02129604", "tiger"),
    ("n04468005", "train"), ("n01662784", "turtle"), ("n04530566", "watercraft"),
    ("n02062744", "whale"), ("n02391049", "zebra"),
)  # fmt: skip
# The publisher of YouTube-BB gives names only; YTBB-Robust numbers them so. The synsets of "cat",
# with the wild cats, and "potted plant", any plant, were chosen after its map was seen.
YOUTUBE_BB = (
    ("n00007846", "person"), ("n01503061", "bird"), ("n02834778", "bicycle"),
    ("n02858304", "boat"), ("n02924116", "bus"), ("n02131653", "bear"), ("n01887787", "cow"),
    ("n02121620", "cat"), ("n02439033", "giraffe"), ("n00017222", "potted plant"),
    ("n02374451", "horse"), ("n03790512", "motorcycle"), ("n03623556", "knife"),
    ("n02691156", "airplane"), ("n04225987", "skateboard"), ("n04468005", "train"),
    ("n04490091", "truck"), ("n02391049", "zebra"), ("n04446276", "toilet"),
    ("n02084071", "dog"), ("n02503517", "elephant"), ("n04507155", "umbrella"),
    ("none", "none"), ("n02958343", "car"),
)  # fmt: skip
