#include "src/report/style.h"

namespace strata {
namespace {

// After Okabe and Ito (2008) and Tol (2021), darker on white and lighter on black for contrast.
constexpr const char* colours = R"(:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f6f7f9; --ink: #1b1f24; --faint-ink: #5b6470; --line: #dfe3e8; --axis: #9aa3ae; --link: #0b62a0;
  --curve-0: #0072b2; --curve-1: #c44e00; --curve-2: #00785a; --curve-3: #a8327b; --curve-4: #7a6000; --curve-5: #4d4d4d;
  --right: #0072b2; --wrong: #d55e00; --on-strong: #ffffff; --box: #ffffff; --entry: #e8f1f8; --accent: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --panel: #1c2026; --ink: #e8eaed; --faint-ink: #a0a9b4; --line: #2d333b; --axis: #626c78; --link: #7cc0ee;
    --curve-0: #56b4e9; --curve-1: #f0a030; --curve-2: #2fc79a; --curve-3: #e78ac3; --curve-4: #e6d93a; --curve-5: #c8c8c8;
    --right: #56b4e9; --wrong: #f0a030; --on-strong: #0d1013; --box: #1c2026; --entry: #1b2c3a; --accent: #56b4e9;
  }
}
)";

constexpr const char* drawings = R"(.drawing { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.drawing text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.drawing text.faint { fill: var(--faint-ink); }
.drawing text.title { font-size: 13px; font-weight: 600; }
.drawing text.small { font-size: 11px; }
.drawing text.end { text-anchor: end; }
.drawing text.middle { text-anchor: middle; }
.drawing .paper { fill: var(--paper); }
.drawing .grid { stroke: var(--line); stroke-width: 1; fill: none; }
.drawing .axis { stroke: var(--axis); stroke-width: 1; fill: none; }
.drawing .curve { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.drawing .dashed { stroke-dasharray: 4 3; stroke-width: 1.3; }
.drawing .mark { stroke-width: 1.4; fill: var(--paper); }
.drawing .cross { fill: none; stroke-width: 1.6; }
.drawing .spot { fill: transparent; stroke: none; }
.drawing .spot:hover { fill: currentColor; fill-opacity: 0.35; }
.drawing .c0 { color: var(--curve-0); } .drawing .c1 { color: var(--curve-1); } .drawing .c2 { color: var(--curve-2); }
.drawing .c3 { color: var(--curve-3); } .drawing .c4 { color: var(--curve-4); } .drawing .c5 { color: var(--curve-5); }
.drawing .curve, .drawing .mark, .drawing .cross { stroke: currentColor; }
.drawing text.coloured { fill: currentColor; }
.drawing .cell { fill: var(--panel); }
.drawing .right { fill: var(--right); }
.drawing .wrong { fill: var(--wrong); }
.drawing text.strong { fill: var(--on-strong); }
.drawing .point { fill: var(--curve-0); fill-opacity: 0.45; }
.drawing .edge { fill: none; stroke: var(--axis); stroke-width: 1.2; }
.drawing .arrow { fill: var(--axis); stroke: none; }
.drawing .box { fill: var(--box); stroke: var(--axis); stroke-width: 1; }
.drawing .box.entry { fill: var(--entry); }
.drawing .box.exit { stroke: var(--accent); stroke-width: 1.8; }
.drawing .weighty { fill: var(--accent); }
)";

constexpr const char* page = R"(* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; font-weight: 650; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 10px; padding-top: 14px; border-top: 1px solid var(--line); font-weight: 650; }
h3 { font-size: 15px; margin: 22px 0 8px; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0 0 10px; max-width: 76ch; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
nav { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 12px 0 0; font-size: 14px; }
.faint { color: var(--faint-ink); }
.note { color: var(--faint-ink); border-left: 3px solid var(--line); padding: 2px 0 2px 12px; }
.scroll { overflow: auto; max-width: 100%; max-height: 720px; }
.scroll + p { margin-top: 10px; }
.scroll > .drawing { display: block; }
.scroll.tall { max-height: 1100px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 20px 28px; }
.columns > .drawing { width: 100%; height: auto; max-width: 450px; }
.beside { display: flex; flex-wrap: wrap; gap: 20px 22px; align-items: flex-start; }
.beside > * { min-width: 0; max-width: 100%; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint-ink); font-weight: 500; vertical-align: bottom; position: sticky; top: 0; background: var(--paper); }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
td.short { white-space: nowrap; }
td.long { overflow-wrap: anywhere; min-width: 200px; }
tr:last-child td { border-bottom: none; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 16px 12px; padding: 0; margin: 0; list-style: none; }
.examples img { display: block; width: 100%; max-width: 128px; height: auto; image-rendering: pixelated; border: 1px solid var(--line); background: var(--panel); }
.examples div { font-size: 12.5px; line-height: 1.35; margin-top: 5px; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 0; padding: 14px 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; overflow: auto; max-height: 560px;
  font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; tab-size: 2; }
footer { margin-top: 44px; padding-bottom: 28px; font-size: 13px; color: var(--faint-ink); }
@media (max-width: 480px) { th, td { padding-right: 9px; } }
@media print { .scroll, pre { max-height: none; overflow: visible; } nav { display: none; } }
)";

}  // namespace

std::string drawing_style() { return std::string(colours) + drawings; }
std::string page_style() { return drawing_style() + page; }

}  // namespace strata
