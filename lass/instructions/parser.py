"""A parser of instructions: rules, or a language model, whose unusable answers are replaced by those of the rules."""

import argparse
import sys
from collections.abc import Callable

from lass.errors import LassError
from lass.instructions import rules
from lass.instructions.operation import Operation, check_instruction, read_answer
from lass.instructions.prompt import messages

BACKENDS = ("rules", "lm", "http")
Answers = Callable[[list[dict[str, str]]], str]  # messages of a chat -> the model's next one


class Parser:
    """Instruction -> operations.

    Args:
        answer: what a language model answers to the messages of a chat; without it the rules parse.
    """

    def __init__(self, answer: Answers | None = None):
        self.answer = answer
        self.replaced = 0  # answers that could not be used

    def __call__(self, instruction: str) -> list[Operation]:
        check_instruction(instruction)
        if self.answer is None:
            return rules.parse(instruction)
        try:
            return read_answer(self.answer(messages(instruction)), instruction)
        except LassError as error:
            self.replaced += 1
            print(f"{error}: parsed by rules instead", file=sys.stderr)
            return rules.parse(instruction)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that ``of_options`` reads."""
    parser.add_argument("--parser", choices=BACKENDS, default="rules", help="what reads instructions: rules, a "
                        "language model here (lm) or behind an OpenAI-compatible endpoint (http; its key in "
                        "LASS_API_KEY); where a model fails, the rules do it, and a line says so")
    parser.add_argument("--parser_model", help="lm: folder or hub id; http: the model's name there")
    parser.add_argument("--parser_url", help="http: as http://localhost:8000/v1")
    parser.add_argument("--parser_timeout", type=float, default=30.0, help="http: s without a byte; default 30")


def of_options(args: argparse.Namespace) -> Parser:
    """The parser that the options ask for. Raises LassError where one of them is missing, or there is no such model."""
    return Parser(answers_of(args))


def answers_of(args: argparse.Namespace) -> Answers | None:
    """What answers for the model that the options ask for; None for the rules. Raises LassError as ``of_options``."""
    if args.parser == "rules":
        return None
    if not args.parser_model:
        raise LassError(f"--parser {args.parser}: needs --parser_model")
    if args.parser == "http":
        from lass.instructions.endpoint import Endpoint

        return Endpoint(args.parser_url or "", args.parser_model, args.parser_timeout).answer
    from lass.instructions.language_model import LanguageModel

    return LanguageModel(args.parser_model).answer
