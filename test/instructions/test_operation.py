import json

import pytest

from lass.errors import LassError
from lass.instructions.operation import Operation, is_part, normalised, read_answer

TEXT = "Get rid of the engine, but keep the birds!"
BIRDS = {"task": "extraction", "description": "the birds"}


def test_an_answer():
    answer = [{"task": "removal", "description": "the engine"}, BIRDS, BIRDS | {"description": "Birds"}]
    expected = [Operation("removal", "the engine"), Operation("extraction", "the birds")]
    assert read_answer(json.dumps(answer), TEXT) == expected
    assert read_answer(f"```json\n{json.dumps(answer)}\n```", TEXT) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("", "not JSON"),
        ("The birds are extracted.", "not JSON"),
        ("[" * 100000, "not JSON"),
        (json.dumps([BIRDS]) + " and more", "not JSON"),
        ("[]", "not a list of operations"),
        (json.dumps(BIRDS), "not a list of operations"),
        ("[1]", "not {task, description}"),
        (json.dumps([BIRDS | {"note": "x"}]), "not {task, description}"),
        (json.dumps([BIRDS | {"task": "deletion"}]), "task 'deletion' is not one of"),
        (json.dumps([BIRDS | {"task": ["removal"]}]), "is not one of"),
        (json.dumps([BIRDS | {"description": "the rain"}]), "'the rain' is no part"),
        (json.dumps([BIRDS | {"description": "engine the"}]), "is no part"),
        (json.dumps([BIRDS | {"description": " !"}]), "is no part"),
        (json.dumps([BIRDS | {"description": None}]), "'None' is no part"),
    ],
)
def test_answers_that_are_none(answer, message):
    with pytest.raises(LassError) as refused:
        read_answer(answer, TEXT)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_words():
    assert normalised("The  Dog’s barking!") == normalised("dog's barking") != normalised("dog barking")
    assert normalised("a") == "a"
    assert is_part("THE birds", TEXT) and not is_part("bird", TEXT) and not is_part("engine but keep birds", TEXT)
