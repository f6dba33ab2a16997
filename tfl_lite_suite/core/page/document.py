"""The frame and style of every HTML page that the suite writes, and what makes foreign text safe in it."""

import html
from collections.abc import Sequence

# Series colours: each stands out from both backgrounds and from its neighbours.
COLOURS = 6
_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --dim: #59636e; --card: #f4f6f8; --line: #8886;
 --box: #4a7fb51f; --float: #d9822b40; --blue: #4a7fb5; --bad: #c62828; --warn: #9a5b00; --good: #2a7a41;
 --s0: #2a6fb8; --s1: #c2570c; --s2: #2d8a4e; --s3: #8a4fbf; --s4: #a07a1c; --s5: #c23b6e }
@media (prefers-color-scheme: dark) { :root { --back: #14181d; --text: #e4e8ec; --dim: #9aa5b1; --card: #1d232a;
 --bad: #ff7b72; --warn: #e3a048; --good: #5fc27e;
 --s0: #62a5ec; --s1: #f08b45; --s2: #5fc27e; --s3: #bb8cf0; --s4: #d8b04a; --s5: #f07aa5 } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1120px; padding: 1.5em 16px 4em;
 background: var(--back); color: var(--text); overflow-wrap: break-word }
h1 { font-size: 1.7em; line-height: 1.2; margin: .4em 0 }
h2 { font-size: 1.25em; margin: 2.2em 0 .6em; padding-top: .5em; border-top: 1px solid var(--line) }
h3 { font-size: 1em; margin: 1.2em 0 .4em }
p { max-width: 75ch; margin: .5em 0 }
p.dim, span.dim { color: var(--dim) }
nav a { display: inline-block; margin: 0 1em .3em 0; color: var(--s0) }
table { border-collapse: collapse; margin: .5em 0 1.2em }
td, th { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
th { color: var(--dim); font-weight: 600; font-size: .88em }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
th.n { text-align: right }
td.hash { font: .84em ui-monospace, monospace; word-break: break-all }
.error { color: var(--bad); font-weight: 600 }
.warning { color: var(--warn); font-weight: 600 }
.good { color: var(--good); font-weight: 600 }
.info { opacity: .7 }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 8px 28px }
.side > * { min-width: 0 }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr)); gap: 10px }
.card { background: var(--card); border-radius: 8px; padding: 10px; display: flex; flex-wrap: wrap; gap: 10px;
 font-size: .88em; align-content: start }
.card img { width: 72px; height: 72px; flex: none; image-rendering: pixelated; border-radius: 4px; object-fit: contain;
 background: #8883 }
.card > div { flex: 1 1 110px; min-width: 0; overflow-wrap: anywhere }
.card p { margin: 0 }
table.verdict th { white-space: nowrap; font-size: .92em }
table.verdict td { overflow-wrap: anywhere }
li { margin: .25em 0 }
li.warning { font-weight: 400 }
li pre { white-space: pre-wrap; overflow-wrap: anywhere }
.whole { white-space: nowrap }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px; margin: 1em 0 }
.facts div { background: var(--card); border-radius: 8px; padding: 10px 14px }
.facts b { display: block; font-size: 1.35em; font-variant-numeric: tabular-nums }
.facts span { color: var(--dim); font-size: .88em }
.scroll { overflow-x: auto }
pre { background: var(--card); border-radius: 8px; padding: 12px; overflow-x: auto; font-size: .84em; margin: .5em 0 }
code { font-size: .9em }
summary { cursor: pointer; color: var(--s0); margin: .5em 0 }
figure { margin: 0 0 1em }
figcaption { font-weight: 600; font-size: .92em; margin-bottom: 2px }
.key { font-size: .84em; color: var(--dim) }
.key span { margin-right: 1.1em; white-space: nowrap }
svg { max-width: 100%; height: auto; display: block }
svg.plot { width: 100%; max-width: 520px }
svg text { font: 11px system-ui, sans-serif; fill: currentColor }
svg .dim { fill: var(--dim) }
svg .grid { stroke: var(--line); stroke-opacity: .5; fill: none }
svg text.on { fill: #fff; font-weight: 600; text-anchor: middle }
svg .mark text { font-weight: 600; text-anchor: middle }
svg .mark line { stroke: currentColor; stroke-opacity: .45 }
@media (max-width: 640px) {
 table.wide thead { display: none }
 table.wide, table.wide tbody, table.wide tr { display: block }
 table.wide tr { background: var(--card); border-radius: 8px; padding: 8px 12px; margin-bottom: 8px }
 table.wide td { display: grid; grid-template-columns: 8.5em 1fr; border: 0; padding: 1px 0;
  text-align: left; white-space: normal }
 table.wide td.none { display: none }
 table.wide td::before { content: attr(data-of); color: var(--dim); padding-right: .6em; font-size: .9em }
}
@media print {
 :root { color-scheme: light }
 body { font-size: 10.5pt; max-width: none; padding: 0 }
 h2, h3, figcaption { break-after: avoid }
 figure, .card, tr { break-inside: avoid }
 details::details-content { content-visibility: visible; display: block; height: auto }
 nav { display: none }
 pre { white-space: pre-wrap }
 * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""

# With it a browser loads nothing and runs nothing, whatever stands in the page.
_NOTHING_LOADED = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def text(value: object) -> str:
    """Returns any value as text that HTML takes literally, also between quotes."""
    return html.escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def page(title: str, body: Sequence[str], style: str = "", policy: str = _NOTHING_LOADED) -> str:
    """Returns a whole HTML document.

    Args:
        title: Its title, not yet escaped.
        body: HTML.
        style: CSS rules beside those that all pages share.
        policy: What a browser may load and run.
    """
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title><style>{_STYLE}{style}</style></head><body>",
            f"<h1>{text(title)}</h1>",
            *body,
            "</body></html>\n",
        ]
    )


def section(name: str, heading: str, body: Sequence[str]) -> str:
    """Returns a section that links to `#name` lead to; empty where there is nothing in it."""
    inside = "\n".join(filter(None, body))
    return f'<section id="{text(name)}"><h2>{text(heading)}</h2>\n{inside}\n</section>' if inside else ""


def side_by_side(parts: Sequence[str]) -> str:
    """Returns blocks beside each other where the screen is wide enough, else below each other."""
    return f'<div class="side">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def details(summary: str, body: str) -> str:
    """Returns what is shown only when its summary is clicked, or printed."""
    return f"<details><summary>{text(summary)}</summary>{body}</details>"
