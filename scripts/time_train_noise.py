"""Train an image classifier on pictures with one corruption of Hendrycks and Dietterich."""

from framefault.cli import stage
from framefault.pmk.noise import corrupt
from framefault.pmk.stage import TRAINING, train


@stage(**TRAINING)
def main(args):
    name, severities = args.options["corruption"], args.options["severities"]
    share = args.options["share"]

    def change(pixels, draw):
        severity = int(draw.choice(severities))
        return corrupt(pixels, name, severity, draw) if draw.random() < share else pixels

    return train(args, change=change)


if __name__ == "__main__":
    main()
