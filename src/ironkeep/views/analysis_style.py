"""The style of the analysis page: A4 first, then screens; light, dark, and always light on paper."""

STYLE = """
:root{--ink:#1b1f23;--soft:#57606a;--line:#d0d7de;--paper:#fff;--page:#f3f4f6;--wrong:#b3261e;--look:#8a5a00;
--mark:#f6d5d2;--curve:#2f5d8a;--band:#2f5d8a55;--other:#8b949e;--guess:#fff6dd;--guessline:#c9a227}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#a3abb4;--line:#3b434c;--paper:#16191d;--page:#0d0f12;
--wrong:#ff8a80;--look:#f0b849;--mark:#5c2a27;--curve:#8fbcec;--band:#8fbcec55;--other:#7d8791;--guess:#2b2511;--guessline:#8a6d12}}
@page{size:A4;margin:12mm}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:13px/1.42 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:780px;margin:20px auto;padding:26px 32px;background:var(--paper);border:1px solid var(--line)}
h1{font-size:22px;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:11px;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:20px 0 6px;
border-bottom:1px solid var(--line);padding-bottom:3px}
h3{font-size:13.5px;margin:0;line-height:1.3;overflow-wrap:anywhere}
p{margin:2px 0}
.kind{font-size:11px;letter-spacing:.1em;font-weight:700;color:var(--soft);margin:0 0 2px}
.sub,.cond,.range,.more,footer{color:var(--soft)}
.cond{font-size:12px}
.chips{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0}
.chips li{display:flex;align-items:center;gap:6px}
.guess{background:var(--guess);border-left:4px solid var(--guessline);padding:7px 10px;margin:12px 0 4px}
.note{border-left:4px solid var(--line);padding:3px 10px;margin:4px 0}
code{font:11.5px ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:8px 14px;margin:14px 0 8px}
.tiles dt{font-size:11px;color:var(--soft)}.tiles dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
figure{margin:0}.whole{margin-top:6px}
.curve{display:block;max-width:100%;height:auto;border:1px solid var(--line)}
.range{display:block;font-size:11px;line-height:1.3;margin-top:2px}
.curve .main{fill:var(--band);stroke:var(--curve);stroke-width:1;stroke-linejoin:round}
.curve .other{fill:none;stroke:var(--other);stroke-width:.9}
.curve .zero{stroke:var(--line);stroke-width:.8;stroke-dasharray:3 3}
.curve .mark{fill:var(--mark)}.curve .edge{stroke:var(--wrong);stroke-width:1;stroke-dasharray:2 2}
article{display:grid;grid-template-columns:18px 1fr auto;gap:3px 11px;padding:9px 0;border-bottom:1px solid var(--line);
break-inside:avoid}
article figure{width:252px}article.fine{padding:5px 0;grid-template-columns:18px 1fr;align-content:start}
.pairs{display:grid;grid-template-columns:1fr 1fr;gap:0 22px}
.lead{font-size:14.5px;margin:7px 0 2px;max-width:64ch}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:11px;margin:2px 0}
article.fine h3{font-weight:600;font-size:13px}
.word{text-transform:uppercase;font-size:10.5px;letter-spacing:.06em;margin-right:4px}
.wrong .word{color:var(--wrong)}.look .word{color:var(--look)}
.asset{border:1px solid var(--line);border-radius:3px;padding:0 5px;font-weight:500;font-size:12px}
.rank{flex:none;margin-top:1px}.rank .body{fill:var(--soft)}.rank.wrong .body{fill:var(--wrong)}
.rank.look .body{fill:var(--look)}
.rank .sign{fill:none;stroke:var(--paper);stroke-width:2}.rank .ring{fill:none;stroke:var(--soft);stroke-width:1.5}
.rank .dash{stroke:var(--soft);stroke-width:1.8}
.open{list-style:none;margin:0;padding:0}.open li{display:flex;gap:9px;padding:3px 0}
.mended{margin:4px 0 8px;padding-left:18px;columns:2;column-gap:26px}
table{border-collapse:collapse;width:100%;margin:6px 0;font-size:12px}
th,td{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid var(--line);
overflow-wrap:anywhere}
th{font-weight:600;white-space:nowrap}.figures td{font-variant-numeric:tabular-nums}
tr.unclear td{font-weight:600}
footer{margin-top:18px;font-size:11px}
@media (max-width:640px){main{padding:16px;margin:0;border:0}article{grid-template-columns:18px 1fr}
.pairs{grid-template-columns:1fr}.mended{columns:1}article figure{grid-column:2;width:auto}.curve{width:100%}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--page:#fff;--wrong:#9c1c14;--look:#6b4700;
--mark:#f6d5d2;--curve:#1f4a73;--band:#1f4a7344;--other:#666;--guess:#fff6dd;--guessline:#c9a227}
body{font-size:10px;line-height:1.34;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;margin:0;padding:0;border:0}h1{font-size:16px}h2{font-size:9.5px;margin:8px 0 2px;break-after:avoid}
h3,article.fine h3{font-size:10.5px}.lead{font-size:11.5px;margin:3px 0 0;max-width:none}.chips{margin-top:4px}
article{padding:3px 0}article.fine{padding:2px 0}article figure{width:150px}.cond,code{font-size:9.5px}
table{font-size:9px}.tiles{margin:6px 0 4px;gap:3px 10px}th,td{padding:1px 6px 1px 0}.mended{margin:2px 0 4px}
.guess{margin:6px 0 2px;padding:4px 8px}.open li{padding:1px 0}footer{margin-top:6px;font-size:8.5px}
.range,.axis{font-size:8.5px}}
"""
