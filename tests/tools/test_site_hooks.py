import tool_modules

BEFORE = """<p>98.5 % (95 … 99) in 2 ms</p>
<table><td><code>budget_minutes</code> --a 1.5e-05</td></table>
<div><pre><code>pip<span class="w"> </span>--no-deps<span>=</span>x-y</code></pre></div>"""
AFTER = """<p>98.5\xa0% (95\xa0…\xa099) in 2\xa0ms</p>
<table><td><code>budget<wbr>_minutes</code> --a <span class="whole">1.5e-05</span></td></table>
<div><pre><code>pip<span class="w"> </span><span class="whole">--no-deps</span><span>=</span>x-y</code></pre></div>"""


def test_lines_break_between_words():
    assert tool_modules.load("site_hooks").on_page_content(BEFORE) == AFTER
