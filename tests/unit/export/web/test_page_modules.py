"""The page's pure modules under Node.js: the golden pictures and decisions that every client must give."""

import json
import re
import subprocess
import tarfile

import javascript
import numpy as np
import pytest
import web_packages
from places import GOLDEN, ROOT

from tfl_lite_suite.benchmark import statistics
from tfl_lite_suite.export.web import exporter

pytestmark = javascript.needs_node


def test_golden_pictures_give_the_same_tensors(tmp_path):
    """From decoded pixels, packed and as the opaque RGBA that a canvas gives."""
    wrong = javascript.evaluate(
        tmp_path,
        f"""
        const {{ prepare, flatten }} = await import('./contract.js');
        const folder = {json.dumps(str(GOLDEN))} + '/';
        const wrong = [];
        let number = 0;
        for (const one of JSON.parse(fs.readFileSync(folder + 'index.json', 'utf8')).cases) {{
          const data = new Uint8Array(fs.readFileSync(folder + one.pixels));
          const {{ pixels_height: height, pixels_width: width, contract }} = one;
          const stride = contract.channels;
          const rgba = new Uint8ClampedArray(height * width * 4);
          for (let place = 0; place < height * width; place++) {{
            for (let channel = 0; channel < 3; channel++) {{
              rgba[4 * place + channel] = data[stride * place + Math.min(channel, stride - 1)];
            }}
            rgba[4 * place + 3] = 255;
          }}
          const expected = fs.readFileSync(folder + one.tensor);
          for (const pixels of [{{ data, height, width, stride }}, flatten(rgba, height, width, stride)]) {{
            number++;
            if (Buffer.compare(Buffer.from(prepare(pixels, contract)), expected)) wrong.push(one.name);
          }}
        }}
        return {{ number, wrong }};
        """,
    )
    assert wrong["number"] >= 100 and wrong["wrong"] == []


def test_a_thousand_golden_decisions_are_equal(tmp_path):
    found = javascript.evaluate(
        tmp_path,
        f"""
        const {{ decide, scoresOf, Consensus }} = await import('./decision.js');
        const number = (value) => Number.isNaN(value) ? null : value;
        const text = fs.readFileSync({json.dumps(str(ROOT / "tests/golden_decisions.json"))}, 'utf8');
        let count = 0;
        const wrong = [];
        for (const one of JSON.parse(text).cases) {{
          const consensus = new Consensus(one.decision.frames);
          for (const frame of one.frames) {{
            const raw = frame.raw.map((value) => value === null ? NaN : Number(value));
            const answer = decide(one.decision, scoresOf(raw, one));
            const made = {{
              probabilities: [...answer.probabilities].map(number), certainty: number(answer.certainty),
              answered: answer.answered, top: answer.top, announced: consensus.add(answer.answered),
            }};
            count++;
            for (const key of Object.keys(made)) {{
              const expected = JSON.stringify(frame[key], (_, value) => value === 'NaN' ? null : value);
              if (JSON.stringify(made[key]) !== expected) wrong.push([key, made[key], frame[key]]);
            }}
          }}
        }}
        return {{ count, wrong: wrong.slice(0, 3) }};
        """,
    )
    assert found == {"count": 1000, "wrong": []}


def test_transparent_pixels_are_put_on_white_and_grey_is_weighted(tmp_path):
    found = javascript.evaluate(
        tmp_path,
        """
        const { flatten } = await import('./contract.js');
        const rgba = Uint8Array.from([10, 20, 30, 0, 10, 20, 30, 128, 255, 0, 0, 255]);
        return [3, 1].map((channels) => [...flatten(rgba, 1, 3, channels).data]);
        """,
    )
    part = [(value * 128 + 255 * 127 + 127) // 255 for value in (10, 20, 30)]
    grey = [(19595 * r + 38470 * g + 7471 * b + 32768) >> 16 for r, g, b in ((255, 255, 255), part, (255, 0, 0))]
    assert found == [[255, 255, 255, *part, 255, 0, 0], grey]


def test_an_input_by_a_table_holds_its_values(tmp_path):
    table = np.arange(256) / 127.5 - 1
    found = javascript.evaluate(
        tmp_path,
        f"""
        const {{ encode }} = await import('./contract.js');
        const table = {json.dumps([table.tolist(), (2 * table).tolist()])};
        const pixels = Uint8Array.from([0, 255, 7, 9]);
        const inputs = [['float32', table], ['float32', null], ['uint8', null]];
        return inputs.map(([dtype, table]) => [...encode(pixels, {{ dtype, table }})]);
        """,
    )
    expected = np.array([table[0], 2 * table[255], table[7], 2 * table[9]], np.float32)
    assert found[0] == pytest.approx(expected.tolist(), abs=0) and found[1:] == [[0, 255, 7, 9]] * 2


def test_a_summary_is_that_of_python(tmp_path):
    times = (3 + np.random.default_rng(3).gamma(2, 1, 101)).tolist()
    found = javascript.evaluate(
        tmp_path,
        f"""
        const {{ summarise, unsteadiness }} = await import('./statistics.js');
        const times = {json.dumps(times)};
        return [summarise(times, 7), summarise([5], 0), unsteadiness([...Array(30)].map((_, place) => 1 + place))];
        """,
    )
    expected = statistics.summarise(np.array(times)).document()
    interval, other = expected.pop("ci95"), found[0].pop("ci95")
    assert found[0] == pytest.approx(expected, rel=1e-12)
    # Other random numbers draw the blocks.
    assert other == pytest.approx(interval, rel=0.05) and other[0] < expected["p50"] < other[1]
    assert found[1]["std"] == 0 and found[1]["ci95"] == [5, 5]
    assert [line.split(":")[0].split(" by")[0] for line in found[2]] == ["latency varies", "latency drifted"]


def test_every_text_has_two_languages_and_every_key_is_known(tmp_path):
    sources = "".join(path.read_text(encoding="utf-8") for path in exporter.SOURCES.iterdir() if path.suffix != ".png")
    page = (exporter.SOURCES / "index.html").read_text(encoding="utf-8")
    keys = set(re.findall(r'data-(?:text|label)="(\w+)"', page))
    keys |= set(re.findall(r"(?<![A-Za-z])(?:text|PageError)\('(\w+)'", sources)) | set(
        re.findall(r", '(\w+_missing)'\)", sources)
    )
    names = re.findall(r"^  (\w+): \[", (exporter.SOURCES / "strings.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert keys and keys <= set(names) and len(names) == len(set(names))
    found = javascript.evaluate(
        tmp_path,
        f"""
        const {{ text, use }} = await import('./strings.js');
        return ['en', 'zh'].map((language) => {{
          use(language);
          return {json.dumps(names)}.map((key) => text(key, 'A', 'B', 'C', 'D'));
        }});
        """,
    )
    assert all(english.strip() and chinese.strip() for english, chinese in zip(*found, strict=True))
    assert not any("{" in line for lines in found for line in lines)


def test_the_modules_pass_the_type_checker(tmp_path):
    with web_packages.archive(web_packages.TYPESCRIPT) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12's Python has none.
        archive.extractall(tmp_path)
    options = {"strict": True, "noUnusedLocals": True, "noUnusedParameters": True, "noImplicitReturns": True}
    options |= {"allowJs": True, "checkJs": True, "noEmit": True, "target": "ES2022", "module": "ESNext", "types": []}
    options |= {"moduleResolution": "bundler", "lib": ["ES2022", "DOM", "DOM.Iterable", "WebWorker.ImportScripts"]}
    settings = {"compilerOptions": options, "include": [str(exporter.SOURCES / "*.js")]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    command = ["node", "package/bin/tsc", "-p", "tsconfig.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
