import pytest

from lass.errors import LassError
from lass.instructions.operation import Operation
from lass.instructions.question import question

DOG, CAT = Operation("extraction", "the dog"), Operation("extraction", "a cat")
WIND, RAIN = Operation("removal", "wind"), Operation("removal", "the rain")


@pytest.mark.parametrize(
    ("operations", "expected", "told"),
    [
        ([DOG], (["the dog"], False, None), '"the dog"'),
        ([DOG, CAT], (["the dog", "a cat"], False, None), '"the dog" and, apart from it, "a cat"'),
        ([WIND], (["wind"], True, None), 'the mixture without "wind"'),
        ([WIND, RAIN], (["wind and the rain"], True, None), 'the mixture without "wind and the rain"'),
        ([WIND, DOG], (["the dog"], False, "wind"), '"the dog" in what is left of the mixture without "wind"'),
    ],
)
def test_what_is_asked(operations, expected, told):
    asked = question(operations)
    assert asked == expected and str(asked) == told


def test_a_contradiction():
    with pytest.raises(LassError, match="to extract and to remove 'dog'"):
        question([DOG, Operation("removal", "Dog.")])
