import { FINDINGS_STYLE } from './style-findings.ts';

/** Eight colours that stay apart in every common kind of colour blindness, and dashes that tell them in grey. */
const LIGHT = ['#0b64a8', '#c4501b', '#0a7d5c', '#8a4b9e', '#8f6b00', '#2a95c9', '#b03060', '#5b6470'];
const DARK = ['#6cb4f0', '#f0935c', '#4cc79c', '#c79be0', '#dcb84a', '#8fd3f4', '#f08bb0', '#a9b3bf'];
const DASHES = ['none', '9 3', '3 2', '12 3 3 3', '6 2 2 2', '2 3', '14 4', '4 4'];

function colours(list: readonly string[]): string {
  return list.map((colour, i) => `--s${i + 1}:${colour}`).join(';');
}

const LIGHT_THEME = `--paper:#fcfcfa;--panel:#fff;--ink:#1b2126;--soft:#59636c;--faint:#8b949c;--line:#e3e5e2;--hair:#eef0ed;--accent:#0b64a8;
--good:#17703f;--bad:#b3261e;--unsure:#8a5a00;--good-tint:#e8f4ec;--bad-tint:#fbeceb;--unsure-tint:#fbf3e0;--steady:#0b64a80d;--other:#1b212606;--mark:#0b64a826;${colours(LIGHT)}`;
const DARK_THEME = `--paper:#14171a;--panel:#191d21;--ink:#e5e8ea;--soft:#a3adb6;--faint:#78828b;--line:#2b3137;--hair:#23282d;--accent:#6cb4f0;
--good:#58c98a;--bad:#f28b82;--unsure:#e6b450;--good-tint:#14291d;--bad-tint:#331b1a;--unsure-tint:#30260f;--steady:#6cb4f012;--other:#ffffff07;--mark:#6cb4f030;${colours(DARK)}`;

/** The page's style: no font, image or file from outside. */
export const STYLE = `:root{color-scheme:light;${LIGHT_THEME}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${DARK_THEME}}}
:root[data-theme=dark]{color-scheme:dark;${DARK_THEME}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:56px;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em}
a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:3px}
h1,h2,h3,p,ul,figure,dl,dd{margin:0;padding:0}
ul{list-style:none}
button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
.wrap{max-width:1360px;margin:0 auto;padding:0 32px}
nav{position:sticky;top:0;z-index:3;background:color-mix(in srgb,var(--paper) 92%,transparent);backdrop-filter:blur(8px);border-bottom:1px solid var(--line)}
nav .wrap{display:flex;gap:20px;align-items:center;height:44px;font-size:13px}
nav .brand{font-weight:650;letter-spacing:-.01em}
nav ul{display:flex;gap:18px;overflow-x:auto;scrollbar-width:none;flex:1;mask-image:linear-gradient(90deg,#000 92%,transparent)}
nav ul::-webkit-scrollbar{display:none}
nav a{color:var(--soft);text-decoration:none;white-space:nowrap}
nav a:hover{color:var(--ink)}
.tool{display:none;border:1px solid var(--line);border-radius:6px;padding:2px 10px;color:var(--soft);white-space:nowrap;font-size:13px}
.tool:hover{color:var(--ink);border-color:var(--faint)}
.js .tool{display:inline-block}
#unzoom{visibility:hidden;border-color:var(--accent);color:var(--accent)}
.zoomed #unzoom{visibility:visible}
header{padding:44px 0 36px}
header .kicker{color:var(--soft);font-size:13px}
header h1{font-size:34px;line-height:1.15;letter-spacing:-.022em;font-weight:640;margin:2px 0 6px;overflow-wrap:anywhere}
header .facts{color:var(--soft)}
header .facts span+span::before{content:"·";margin:0 9px;color:var(--faint)}
.verdict{display:grid;grid-template-columns:auto 1fr;gap:6px 22px;align-items:baseline;margin:26px 0 0;padding:18px 22px;border-radius:10px;border-left:5px solid var(--tone);background:var(--tint)}
.verdict b{font-size:24px;letter-spacing:.02em;color:var(--tone)}
.verdict p{font-size:17px;overflow-wrap:anywhere}
.good{--tone:var(--good);--tint:var(--good-tint)}.bad{--tone:var(--bad);--tint:var(--bad-tint)}.unsure{--tone:var(--unsure);--tint:var(--unsure-tint)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(138px,1fr));gap:22px 28px;margin:30px 0 0}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{font-size:25px;font-weight:600;letter-spacing:-.015em;line-height:1.25}
.figures dd small{font-size:13px;font-weight:400;letter-spacing:0;color:var(--soft);display:block;line-height:1.4}
section{display:grid;grid-template-columns:196px minmax(0,1fr);gap:0 40px;padding:34px 0 38px;border-top:1px solid var(--line)}
section>.side{font-size:13px;color:var(--soft);line-height:1.5}
section>.side>div{position:sticky;top:62px}
h2{font-size:18px;font-weight:640;letter-spacing:-.01em;color:var(--ink);line-height:1.3;margin-bottom:6px}
h3{font-size:14px;font-weight:620;margin:26px 0 8px}
h3:first-child{margin-top:0}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:7px 14px 7px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--hair);overflow-wrap:break-word;max-width:420px}
td:first-child{min-width:104px}td.gate{min-width:230px}td.tight{min-width:86px}td small{display:inline-block}
th{font-weight:500;color:var(--soft);font-size:12.5px;border-bottom-color:var(--line);white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
tbody tr:hover{background:var(--other)}
td.sub{padding-left:18px;color:var(--soft)}
td small,.dim{color:var(--soft)}
td.name{min-width:150px;max-width:280px;overflow-wrap:anywhere}
th button{font-weight:500}
th button:hover{color:var(--ink)}
th[aria-sort] button{color:var(--ink)}
th[aria-sort=descending] button::after{content:" ↓"}th[aria-sort=ascending] button::after{content:" ↑"}
.outcome{font-weight:640;color:var(--tone);white-space:nowrap}
.warm{color:var(--unsure);font-weight:600}.hot{color:var(--bad);font-weight:600}
.bar{display:inline-block;vertical-align:middle;width:84px;height:8px;margin-right:10px}
.bar rect{fill:var(--hair);stroke:var(--line)}.bar .fill{fill:var(--s1);stroke:none}.bar .fill.warm{fill:var(--unsure)}.bar .fill.hot{fill:var(--bad)}.bar path{stroke:var(--ink);stroke-width:1.5}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:30px 40px}
.charts+h3,.scroll+.charts,.charts+.scroll{margin-top:28px}
.chart{min-width:0;break-inside:avoid}
.chart.wide{grid-column:1/-1}
figcaption{font-size:14px;margin-bottom:8px}
figcaption b{font-weight:620}
.axis{color:var(--soft);font-size:12.5px;margin-left:6px}
.plot{display:grid;grid-template:minmax(0,1fr)/46px minmax(0,1fr);height:190px;margin:18px 0 24px}
.wide .plot{height:270px}
.plot svg{overflow:visible;width:100%;height:100%;display:block}
.plot .lines,.plot .bands{overflow:hidden}
.plot text{font-size:11px;fill:var(--soft)}
.plot .y text{text-anchor:end;transform:translate(-9px,3.5px)}
.plot .x text{text-anchor:middle;transform:translateY(17px)}
.plot .stages text{transform:translateY(-6px);fill:var(--faint)}.plot .stages .end{text-anchor:end}.zoomed .stages{visibility:hidden}
.bands .steady{fill:var(--steady)}.bands .other{fill:var(--other)}.bands rect{stroke:var(--line);stroke-width:.5}.bands .moment{stroke:var(--bad);stroke-width:1;stroke-dasharray:1 3;fill:none}
.grid line{stroke:var(--line);stroke-width:1;shape-rendering:crispEdges}
.levels line{stroke:var(--bad);stroke-width:1;stroke-dasharray:2 3}
.levels text{text-anchor:end;fill:var(--bad);transform:translate(-4px,-5px);paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.lines path,.key path{fill:none;stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}
${DASHES.map((dash, i) => `.s-${i + 1}{stroke:var(--s${i + 1});stroke-dasharray:${dash}}`).join('')}
.s-muted{stroke:var(--soft);stroke-opacity:.75;stroke-width:1!important;stroke-dasharray:1 2}
.area{touch-action:pan-y;cursor:crosshair}
.area:focus{outline:none}.chart:has(.area:focus-visible) figcaption b{color:var(--accent)}
.cursor{stroke:var(--ink);stroke-width:1;opacity:.55;visibility:hidden;pointer-events:none}
.plot .cursor-time{text-anchor:middle;transform:translateY(17px);fill:var(--ink);font-weight:600;visibility:hidden;paint-order:stroke;stroke:var(--paper);stroke-width:6px;pointer-events:none}
.pointed .cursor,.pointed .cursor-time{visibility:visible}
.mark{fill:var(--mark);pointer-events:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 20px;font-size:12.5px;padding-left:46px}
.legend li{display:flex;align-items:center;gap:7px;overflow-wrap:anywhere}
.legend output{color:var(--soft);min-width:62px}
.pointed .legend output{color:var(--ink);font-weight:600}
.key{width:24px;height:12px;flex:none}
.note{color:var(--soft);font-size:12.5px;margin-top:8px;max-width:90ch}.chart .note{padding-left:46px}
.say{max-width:72ch}
.say+.scroll,.say+table,.scroll+.say{margin-top:14px}
.reasons{margin-top:10px}
.reasons li{padding:5px 0 5px 16px;border-left:2px solid var(--unsure);margin-bottom:6px;overflow-wrap:anywhere}
.empty{color:var(--soft)}
.events td:first-child{white-space:nowrap;width:84px}
.level-error{color:var(--bad)}.level-warning{color:var(--unsure)}
.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:0 40px;font-size:14px}
.pairs div{display:flex;justify-content:space-between;gap:16px;border-bottom:1px solid var(--hair);padding:6px 0}
.pairs dt{color:var(--soft);white-space:nowrap}
.pairs dd{text-align:right;overflow-wrap:anywhere}
.command{display:flex;gap:12px;align-items:flex-start;background:var(--other);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.command code{flex:1;overflow-wrap:anywhere;white-space:pre-wrap}
.command .done::after{content:" ✓"}
footer{border-top:1px solid var(--line);padding:22px 0 48px;color:var(--soft);font-size:13px}
@media (max-width:1080px){section{grid-template-columns:minmax(0,1fr);gap:16px}section>.side>div{position:static;max-width:72ch}}
@media (max-width:640px){
.wrap{padding:0 16px}header{padding:28px 0 24px}header h1{font-size:26px}
.verdict{grid-template-columns:1fr;padding:14px 16px}.verdict p{font-size:16px}
.figures{grid-template-columns:1fr 1fr;gap:18px 20px}.figures dd{font-size:21px}
section{padding:26px 0 30px}.plot .alt{display:none}.wide .plot{height:210px}
th,td{padding-right:12px}.tool.save{display:none!important}.legend{padding-left:0}.chart .note{padding-left:0}
.pairs{grid-template-columns:minmax(0,1fr)}td.gate{min-width:140px}td.gate code{overflow-wrap:anywhere}td:first-child{min-width:92px}}
${FINDINGS_STYLE}@media print{
:root:root:root{color-scheme:light;${LIGHT_THEME}}
@page{margin:14mm}
body{font-size:11px}nav,.tool{display:none!important}
.wrap{max-width:none;padding:0}header{padding-top:0}header h1{font-size:26px}
section{grid-template-columns:minmax(0,1fr);gap:10px;padding:18px 0}
section>.side>div{position:static}
.charts{grid-template-columns:1fr 1fr;gap:18px 24px}.plot{height:130px}.wide .plot{height:180px}
table{font-size:10.5px}th,td{padding:4px 10px 4px 0}.bar{display:none}tr,.figures,.verdict{break-inside:avoid}h2,h3,figcaption{break-after:avoid}
.verdict,.bands rect,.bar rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}.scroll{overflow:visible}}
`;
