"""Captions of paper B's tables."""

TITLES = {
    "time_table1": "Table 1: statistics of the data sets",
    "time_table2": "Table 2: accuracy (%) of representative models",
    "time_table4": "Table 4: accuracy (%) with and without review",
    "time_table5": "Table 5: accuracy (%) of all models on ImageNet-Vid-Robust",
    "time_table6": "Table 6: accuracy (%) of all models on YTBB-Robust",
    "time_table7": "Table 7: accuracy (%) without anchors of one frame type",
    "time_table8": "Table 8: accuracy (%) by frame rate",
    "time_table9": "Table 9: accuracy (%) of models trained on the target classes only",
    "time_table10": "Table 10: hyper-parameters of the trained models",
}
