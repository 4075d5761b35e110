/** Lanes of calls, and dots of single measurements: the parts of the style that only some pages need. */
export const FINDINGS_STYLE = `
.say+.charts{margin-top:22px}
.lanes .rows{display:grid;grid-template-columns:minmax(40px,max-content) minmax(0,1fr) max-content;gap:3px 12px;grid-auto-flow:row dense;align-items:center;font-size:12.5px;margin:10px 0 12px}
.lane-name{max-width:150px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lane-sum{color:var(--soft);text-align:right}
.lane{width:100%;height:34px;display:block}svg.key.lane{width:24px;height:12px;overflow:visible}
.lane path{vector-effect:non-scaling-stroke;fill:none;stroke-width:1.25}
.lane .there{fill:var(--mark);stroke:var(--s1)}.lane .came{stroke:var(--good)}.lane .went{stroke:var(--bad)}
.lane-axis{width:100%;height:16px;overflow:visible}.lane-axis text{font-size:11px;fill:var(--soft);text-anchor:middle}
.lanes .legend{padding-left:0}
.lane-name{grid-column:1}.rows .lane,.lane-axis{grid-column:2}.lane-sum{grid-column:3}
.say+.figures.tight{margin-top:18px}.figures.tight{margin:0 0 20px}.figures.tight dd{font-size:21px}
.shapes{position:absolute;width:0;height:0}
.dots .area{cursor:default}.dots .plot{margin-bottom:20px}.x-axis{text-align:center;color:var(--soft);font-size:12px;margin:0 0 10px;padding-left:46px}
.dot-first{fill:var(--s1);fill-opacity:.75}.dot-second{fill:none;stroke:var(--s2);stroke-width:1.8}
.dot-held{fill:var(--good);stroke:var(--paper);stroke-width:1}.dot-broke{fill:none;stroke:var(--bad);stroke-width:2}.dot-doubted{fill:var(--paper);stroke:var(--unsure);stroke-width:2}
.mark-maximum{stroke:var(--accent);stroke-width:1.5;fill:none}.mark-knee{stroke:var(--s4);stroke-width:1.5;stroke-dasharray:5 3;fill:none}
.band-maximum{fill:var(--mark)}.band-knee{fill:var(--s4);fill-opacity:.13}
.reasons.plain li{border-left-color:var(--line)}
header .note{margin-top:20px}
table.heat{width:auto}.heat th[scope=row]{color:var(--ink);font-size:13.5px;padding-right:16px}
.heat td.n{padding:7px 8px;min-width:66px;border-left:2px solid var(--paper)}.heat thead th.n{padding:7px 8px}
.heat th.chosen{color:var(--ink);font-weight:640;text-decoration:underline;text-decoration-color:var(--good);text-decoration-thickness:3px;text-underline-offset:5px}
.heat-0{color:var(--soft)}.heat-0.n:not(.dim){background:var(--good-tint)}
${[8, 16, 28, 42, 58, 74].map((share, i) => `.heat-${i + 1}{background:color-mix(in srgb,var(--bad) ${share}%,var(--paper))${share > 50 ? ';color:var(--paper)' : ''}}`).join('')}
td.why{min-width:260px}
.matrix td{vertical-align:top;min-width:216px}.matrix th[scope=row]{vertical-align:top;color:var(--ink)}.matrix th:first-child{white-space:normal;width:104px}
.matrix p{margin-top:5px}.matrix small{color:var(--soft)}.matrix .rows{display:block;margin-top:5px;font-size:12.5px}
tr:has(:target){background:var(--mark)}
@media (max-width:640px){.lanes .rows{grid-template-columns:minmax(0,1fr) max-content}.lane-sum{grid-column:2}.rows .lane,.lane-axis{grid-column:1/-1}.lane-axis .alt{display:none}.x-axis{padding-left:0}}
`;
