import pytest
import verb_process


@pytest.mark.parametrize("flag", [[], ["--recipe=missing.yaml"], ["--nonsense"], ["--recipe=/dev/null", "--workdir=w"]])
def test_mistakes_are_one_line_before_tensorflow_loads(flag, tmp_path):
    verb_process.check_mistake("train", flag, tmp_path)
