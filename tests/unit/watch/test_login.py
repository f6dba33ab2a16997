import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch import login


def write(tmp_path, text, mode=0o600):
    path = tmp_path / "login"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_user_and_password_are_a_line_each(tmp_path, capsys):
    found = login.read("mqtt_login", write(tmp_path, "eve\nse cret\n"))
    assert (found.user, found.password) == ("eve", "se cret") and "se cret" not in repr(found)
    assert capsys.readouterr().err == ""


def test_a_file_that_others_can_read_is_named(tmp_path, capsys):
    login.read("mqtt_login", write(tmp_path, "eve\nsecret", 0o644))
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["eve", "eve\n\n", "a\nb\nc\n", ""])
def test_another_number_of_lines_is_refused_without_showing_them(tmp_path, text):
    with pytest.raises(SuiteError, match="page_login: .* must have two lines"):
        login.read("page_login", write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SuiteError, match="No such file"):
        login.read("mqtt_login", str(tmp_path / "none"))
