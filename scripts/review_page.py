"""Review anchors and pairs of frames in a browser on this machine, or export the answers."""

import argparse
import sys

from framefault.errors import UserError
from framefault.tasks.frames.answers import write_answers
from framefault.tasks.frames.review_page.questions import read_questions
from framefault.tasks.frames.review_page.store import Store


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candidates", help="results/manifests/<dataset>.candidates.json")
    parser.add_argument("answers", help="the file that keeps the answers, such as answers.sqlite")
    parser.add_argument("--frames", help="the folder that the frames lie below, or their videos")
    parser.add_argument(
        "--labels", action="store_true", help="ask for missing labels of the anchors first"
    )
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; 0 is any free one")
    parser.add_argument("--export", metavar="CSV", help="write the answers there; start no page")
    args = parser.parse_args()
    if args.export:
        return export(args)
    if not args.frames:
        parser.error("--frames is needed to show them")
    return show(args)


def show(args):
    try:
        from framefault.tasks.frames.review_page.server import serve
    except ModuleNotFoundError as error:
        raise UserError(
            f"The page needs the package {error.name}: pip install -r envs/review.txt"
        ) from error
    questions = read_questions(args.candidates, args.labels)
    store = Store(args.answers, questions.digest, args.labels)
    serve(questions, store, args.frames, args.port, announce)
    store.close()


def announce(address):
    print(f"Open {address} in a browser of this machine; Ctrl-C ends the page.", flush=True)


def export(args):
    store = Store(args.answers, read_questions(args.candidates).digest)
    questions = read_questions(args.candidates, store.labels)
    write_answers(args.export, store.table(questions.items))
    store.close()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"framefault: {error}")
    except KeyboardInterrupt:  # how the page is ended; every answer is on disk
        pass
