import type { RunReport } from '../model/types.ts';
import type { Reporter } from '../reporter.ts';
import { headline } from '../verdict.ts';
import type { ChartContext } from './chart/chart.ts';
import { LineData } from './chart/encode.ts';
import { renderDocument } from './document.ts';
import { html } from './markup.ts';
import { bundlePageScript } from './page-script.ts';
import { renderSection, type Section } from './section.ts';
import { packetsSection, stressSection } from './sections/bridges.ts';
import { buffersSection } from './sections/buffers.ts';
import { growthSection } from './sections/growth.ts';
import { observedSection } from './sections/observed.ts';
import { pairsSection } from './sections/pairs.ts';
import { participantsSection, roomsSection } from './sections/people.ts';
import { probeSection } from './sections/probe.ts';
import { joinsSection, qualitySection } from './sections/quality.ts';
import { environmentSection, eventsSection } from './sections/record.ts';
import { trustSection } from './sections/trust.ts';
import { gatesSection, renderHeader } from './sections/verdict.ts';

/** `report.html`: one file for a manager to read and an engineer to dig in, offline, also without script. */
export class HtmlReporter implements Reporter {
  readonly #script: string | null;

  /** With `script` null the page has none and is complete all the same. */
  constructor(script: string | null) {
    this.#script = script;
  }

  static async create(): Promise<HtmlReporter> {
    return new HtmlReporter(await bundlePageScript());
  }

  render(report: RunReport): string {
    const { manifest, durationMs, stages } = report;
    const data = new LineData();
    const marks = manifest.bridges.flatMap(({ id, diedAtMs }) =>
      diedAtMs === null ? [] : [{ tMs: diedAtMs, label: `${id} died` }],
    );
    const context: ChartContext = { durationMs, stages, marks, data, charts: [] };
    const sections = [
      gatesSection(report),
      stressSection(report, context),
      qualitySection(report, context),
      growthSection(report),
      pairsSection(report),
      packetsSection(report, context),
      joinsSection(report, context),
      roomsSection(report),
      participantsSection(report),
      observedSection(report),
      probeSection(report),
      report.buffers === null ? null : buffersSection(report.buffers),
      trustSection(report, context),
      eventsSection(report),
      environmentSection(report),
    ].filter((section): section is Section => section !== null);
    return renderDocument({
      title: `${headline(report).word} · ${manifest.scenario.name} · rtc-bench`,
      brand: 'rtc-bench',
      header: renderHeader(report),
      sections: sections.map((section) => ({ section, markup: renderSection(section) })),
      footer: html`Made by rtc-bench ${manifest.tool.version} from the folder of the run; the same folder always makes the same page. Charts keep the lowest and the highest value of every column, so a peak of one second is seen.`,
      json: {
        data: { value: { durationMs, charts: context.charts, lines: data.toBase64() } },
        manifest: { value: manifest, indent: 1 },
      },
      script: this.#script,
    });
  }
}
