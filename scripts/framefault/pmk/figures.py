"""Figures of paper B: each function draws one and gives the numbers it shows."""

import numpy as np
from scipy.special import softmax

from framefault.pmk.results import KINDS
from framefault.pmk.scoring import (
    conditional,
    error_rates,
    first_errors,
    per_class,
    pm_counts,
    project,
    proportion,
    right,
    static_worst,
)
from framefault.pmk.sets import REACH, pm_sets
from framefault.pmk.style import COLOURS, MARKERS, new_figure, panel_each, with_legend

K = np.arange(REACH + 1)


def figure1(results, pictures, logits):
    """Three anchors and a similar frame of each on which the best model changes its mind.

    `pictures` and `logits` are of the first data set's best model; the pairs are those with the
    largest loss of confidence in the label.
    """
    each = results[0]
    sets, rows = each.sets, each.sets.reviewed()
    confidence = softmax(project(logits, sets, each.rules["merge"]), axis=1)
    labels = [sets.labels[sets.anchors[row[0]]][0] for row in rows]
    sure = confidence[rows[:, 1], labels]
    lost = confidence[sets.anchors[rows[:, 0]], labels] - sure
    chosen = []
    for row in np.argsort(-lost, kind="stable"):
        if rows[row, 0] not in [rows[other, 0] for other in chosen]:
            chosen.append(row)
        if len(chosen) == 3:
            break
    figure, axes = new_figure(len(chosen), 2, size=(4.2, 2.3 * len(chosen)))
    found = []
    for row, pair in zip(chosen, np.atleast_2d(axes), strict=True):
        anchor = sets.anchors[rows[row, 0]]
        for frame, axis in zip((anchor, rows[row, 1]), pair, strict=True):
            best = int(confidence[frame].argmax())
            axis.imshow(pictures[frame])
            answer = f"{sets.classes[best]} {100 * confidence[frame, best]:.0f} %"
            label = sets.classes[labels[row]]
            axis.set_title(f"Label: {label}\nPredicted: {answer}", fontsize=8)
            axis.axis("off")
            found.append(
                {"dataset": each.name, "model": each.best, "frame": sets.frames[frame],
                 "label": sets.classes[labels[row]], "answer": sets.classes[best],
                 "confidence": round(float(confidence[frame, best]), 4)}
            )  # fmt: skip
    return figure, found


def figure3(results):
    """Original against perturbed accuracy of all models, with intervals and the linear fit."""
    figure, panels = panel_each(results, 4.6, 4.3)
    found = []
    for each, axis in panels:
        rows = [
            point(each, model, each.level(model, 0), each.level(model, REACH))
            for model in each.models
        ]
        scatter(axis, rows, each.name)
        found += rows
    return with_legend(figure), found


def figure6(results):
    """As Figure 3, with one worst frame per anchor for all models; grey: each model's own."""
    figure, panels = panel_each(results, 4.6, 4.3)
    found = []
    for each, axis in panels:
        answers, rows = each.answers(*each.models), each.sets.reviewed()
        worst = static_worst(answers, each.sets, each.rules["labels"])
        static = right(answers, each.sets, rows, each.rules["labels"])[:, worst].sum(1)
        levels = [proportion(int(count), len(worst), each.rules["confidence"]) for count in static]
        own = [each.level(model, REACH) for model in each.models]
        points = [
            point(each, model, each.level(model, 0), level)
            for model, level in zip(each.models, levels, strict=True)
        ]
        x = np.array([row["original"] for row in points])
        y = np.array([100 * level["accuracy"] for level in own])
        axis.plot(x, y, "o", color="0.7", markersize=4, label="Per-model perturbation")
        line(axis, x, y, color="0.7")
        scatter(axis, points, each.name)
        found += [
            row | {"per_model_perturbed": value} for row, value in zip(points, y, strict=True)
        ]
    return with_legend(figure), found


def point(each, model, original, perturbed):
    row = {"dataset": each.name, "model": model, "kind": each.kinds[model]}
    for name, level in (("original", original), ("perturbed", perturbed)):
        row |= {name: 100 * level["accuracy"], f"{name}_low": 100 * level["low"],
                f"{name}_high": 100 * level["high"]}  # fmt: skip
    return row


def scatter(axis, rows, title):
    """Points with intervals by kind of model, the diagonal, and the least-squares line."""
    for kind in KINDS:
        mine = [row for row in rows if row["kind"] == kind]
        if not mine:
            continue
        x, y = (np.array([row[name] for row in mine]) for name in ("original", "perturbed"))
        bars = [
            np.abs(
                np.array([[row[f"{name}_{end}"] for row in mine] for end in ("low", "high")]) - at
            )
            for name, at in (("original", x), ("perturbed", y))
        ]
        axis.errorbar(
            x, y, xerr=bars[0], yerr=bars[1], fmt=MARKERS[kind], color=COLOURS[kind],
            markersize=4, elinewidth=0.7, label=KINDS[kind],
        )  # fmt: skip
    x, y = (np.array([row[name] for row in rows]) for name in ("original", "perturbed"))
    slope, offset = line(axis, x, y, color="black", label="Linear fit")
    low = min(row["perturbed_low"] for row in rows) - 2
    high = min(100, max(row["original_high"] for row in rows) + 2)
    axis.plot([low, high], [low, high], ":", color="black", linewidth=1, label="No accuracy drop")
    axis.set_xlim(low, high)
    axis.set_ylim(low, high)
    axis.set_xlabel("Original accuracy (%)")
    axis.set_ylabel("Perturbed accuracy (%)")
    sign = "−" if offset < 0 else "+"
    axis.set_title(f"{title}: y = {slope:.2f} x {sign} {abs(offset):.1f}")


def line(axis, x, y, **style):
    """Least-squares line through the points, in percent; (slope, offset)."""
    if len(np.unique(x)) < 2:
        return float("nan"), float("nan")
    slope, offset = np.polyfit(x, y, 1)
    ends = np.array([x.min(), x.max()])
    axis.plot(ends, slope * ends + offset, linewidth=1, **style)
    return slope, offset


def figure5(results):
    """Share of wrong answers over all models at every offset, with and without review."""
    figure, panels = panel_each(results, 4.6, 3.4)
    found = []
    for each, axis in panels:
        answers = each.answers(*each.models)
        for reviewed, colour in ((False, "0.7"), (True, COLOURS["finetuned"])):
            if not reviewed and not each.knows_rejected:
                continue
            label = "Reviewed pairs" if reviewed else "All known pairs"
            rates = error_rates(answers, each.sets, each.rules["labels"], reviewed)
            axis.bar(list(rates), [100 * r for r in rates.values()], 0.8, color=colour, label=label)
            found += [
                {"dataset": each.name, "pairs": label, "offset": offset, "errors": 100 * rate}
                for offset, rate in rates.items()
            ]
        axis.set_xlabel("Offset from the anchor (frames)")
        axis.set_ylabel("Wrong answers (%)")
        axis.set_title(each.name)
    return with_legend(figure), found


def figure7(results):
    """Original and perturbed accuracy of the best model, by class."""
    figure, panels = panel_each(results, 5.6, 3.8)
    found = []
    for each, axis in panels:
        classes = per_class(each.answers(each.best)[0], each.sets, each.rules["labels"])
        rows = [
            {"dataset": each.name, "model": each.best, "class": name, "anchors": count,
             "original": 100 * original / count, "perturbed": 100 * perturbed / count}
            for name, count, original, perturbed in classes if count
        ]  # fmt: skip
        rows.sort(key=lambda row: -row["perturbed"])
        places = np.arange(len(rows))
        for shift, name, kind in ((-0.2, "original", "ilsvrc"), (0.2, "perturbed", "augment")):
            values = [row[name] for row in rows]
            axis.bar(places + shift, values, 0.4, color=COLOURS[kind], label=name.capitalize())
        names = [f"{row['class']} ({row['anchors']})" for row in rows]
        axis.set_xticks(places, names, rotation=60, ha="right", fontsize=7)
        axis.set_ylabel("Accuracy (%)")
        axis.set_ylim(0, 100)
        axis.set_title(f"{each.name}, {each.best}")
        found += rows
    return with_legend(figure), found


def figure8(results):
    """Metric of Gu et al.: right exactly k frames away, given that the anchor is right."""
    figure, panels = panel_each(results, 4.6, 3.8)
    found = []
    for each, axis in panels:
        for kind, model in each.representatives.items():
            counts, totals = conditional(each.answers(model)[0], each.sets, each.rules["labels"])
            levels = [
                proportion(int(count), int(total), each.rules["confidence"])
                for count, total in zip(counts, totals, strict=True)
            ]
            found += curve(axis, each.name, kind, model, K[1:], levels)
        decorate(axis, each.name, "Distance k (frames)", "Accuracy at k, given the anchor (%)")
    return with_legend(figure), found


def figure11(results):
    """pm-k accuracy of the representative models against k."""
    figure, panels = panel_each(results, 4.6, 3.8)
    found = []
    for each, axis in panels:
        for kind, model in each.representatives.items():
            levels = [each.level(model, int(k)) for k in K]
            found += curve(axis, each.name, kind, model, K, levels)
        decorate(axis, each.name, "k (frames)", "pm-k accuracy (%)")
    return with_legend(figure), found


def curve(axis, dataset, kind, model, ks, levels):
    """A model's curve with intervals; the numbers it shows."""
    shown = [(k, level) for k, level in zip(ks.tolist(), levels, strict=True) if level["of"]]
    rows = [
        {"dataset": dataset, "type": KINDS[kind], "model": model, "k": k, "of": level["of"],
         "accuracy": 100 * level["accuracy"], "low": 100 * level["low"],
         "high": 100 * level["high"]}
        for k, level in shown
    ]  # fmt: skip
    y = np.array([row["accuracy"] for row in rows])
    bars = np.abs([[row[end] for row in rows] for end in ("low", "high")] - y)
    axis.errorbar(
        [row["k"] for row in rows], y, yerr=bars, fmt=f"{MARKERS[kind]}-", color=COLOURS[kind],
        markersize=3, elinewidth=0.6, linewidth=1.2, label=KINDS[kind],
    )  # fmt: skip
    return rows


def decorate(axis, title, x, y):
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.set_title(title)
    axis.set_xticks(K)


def figure9(results):
    """Two toy sets of five videos with the same accuracy at every k, but another pm-k."""
    offsets = [k for k in range(-REACH, REACH + 1) if k]
    videos = range(5)
    anchors = [
        (f"{v}/100", [0], [(f"{v}/{100 + k}", k, [0], True) for k in offsets]) for v in videos
    ]
    sets = pm_sets(["right", "wrong"], {0: [0], 1: [1]}, anchors)
    rows = sets.reviewed()
    # In one video all frames after the anchor are wrong; or the same number in all videos in turn.
    wrong = {
        "Errors in one video": (rows[:, 0] == 0) & (rows[:, 2] > 0),
        "Errors spread over videos": (rows[:, 2] > 0) & (rows[:, 2] % 5 == rows[:, 0]),
    }
    figure, axes = new_figure(1, 3, size=(10, 3))
    found = []
    # The curves at k are the same; a broad one shows below a narrow one.
    looks = (("ilsvrc", 3.5), ("finetuned", 1.2))
    for axis, (name, mask), (kind, width) in zip(axes[:2], wrong.items(), looks, strict=True):
        answers = np.zeros(len(sets.frames), int)
        answers[rows[mask, 1]] = 1
        in_time = np.lexsort((rows[:, 2], rows[:, 0]))
        picture = mask[in_time].reshape(len(videos), -1)
        axis.imshow(picture, cmap="Greys", aspect="auto", vmax=2)
        axis.set_xticks([0, REACH, 2 * REACH], ["-10", "anchor", "+10"])
        axis.set_xlabel("Frame (grey: wrong)")
        axis.set_yticks(list(videos), [str(v + 1) for v in videos])
        axis.set_ylabel("Video")
        axis.set_title(name, fontsize=9)
        axis.grid(False)
        counts, totals = conditional(answers, sets)
        errors = first_errors(right(answers, sets, rows), rows)
        pm = pm_counts(errors) / len(videos)
        at = np.concatenate([[1.0], counts / totals])
        for values, dash, metric in ((at, "--", "accuracy at k"), (pm, "-", "pm-k")):
            label = f"{name}: {metric}"
            axes[2].plot(K, 100 * values, dash, color=COLOURS[kind], linewidth=width, label=label)
            found += [
                {"example": name, "metric": metric, "k": int(k), "accuracy": 100 * float(value)}
                for k, value in zip(K, values, strict=True)
            ]
    axes[2].set_xlabel("k (frames)")
    axes[2].set_ylabel("Accuracy (%)")
    axes[2].set_ylim(0, 104)
    return with_legend(figure), found


def figure10(results, pictures):
    """Distribution of the l-inf distance between an anchor and its neighbours.

    All known pairs, kept pairs, and those that three models get wrong although they get the
    anchor right. `pictures` are cached frames of the first data set, uint8 (frames, H, W, 3).
    """
    each = results[0]
    sets, rows = each.sets, each.sets.rows
    pairs = rows[:, 2] != 0
    distance = np.zeros(len(rows), int)
    for index in np.flatnonzero(pairs):
        anchor, neighbour = pictures[sets.anchors[rows[index, 0]]], pictures[rows[index, 1]]
        distance[index] = np.abs(anchor.astype(np.int16) - neighbour).max()
    kept = pairs & (rows[:, 3] == 1)
    chosen = {"Reviewed pairs": (kept, "finetuned_deep")}
    if each.knows_rejected:
        chosen = {"All known pairs": (pairs, "detection")} | chosen
    for kind in ("ilsvrc", "robust", "finetuned"):
        if kind in each.representatives:
            model = each.representatives[kind]
            is_right = right(each.answers(model)[0], sets, rows, each.rules["labels"])
            starts = np.flatnonzero(rows[:, 2] == 0)
            anchor_right = np.repeat(is_right[starts], np.diff([*starts, len(rows)]))
            mistakes = kept & anchor_right & ~is_right
            chosen[f"Mistakes of {model}"] = (mistakes, kind)
    figure, axis = new_figure(1, 1, size=(5, 3.8))
    found = []
    levels = np.arange(256)
    for name, (mask, kind) in chosen.items():
        values = np.sort(distance[mask])
        if not len(values):
            continue
        shares = np.searchsorted(values, levels, side="right") / len(values)
        axis.plot(levels, shares, color=COLOURS[kind], label=f"{name} ({len(values)})")
        found += [
            {"pairs": name, "distance": int(level), "share": round(float(share), 5)}
            for level, share in zip(levels, shares, strict=True)
        ]
    axis.set_xlabel("l-inf distance to the anchor (0-255)")
    axis.set_ylabel("Share of pairs")
    axis.set_title(each.name)
    return with_legend(figure), found
